/* Behaviour of Lantu's pages. Small parts, each of them a help only: every page can be used without it.
   Plain ES5 for the browsers that offices have; no inline script anywhere, data come from attributes and JSON blocks. */
(function () {
  "use strict";

  var english = document.documentElement.lang === "en";
  var own = document.getElementById("lantu");
  var parts = [];

  function say(zh, en) { return english ? en : zh; }
  function all(selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); }
  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text !== undefined && text !== null) { node.textContent = text; }
    return node;
  }
  function once(node, key) {
    if (node.getAttribute("data-ready-" + key)) { return false; }
    node.setAttribute("data-ready-" + key, "1");
    return true;
  }
  function data(id) {
    var node = document.getElementById(id);
    return node ? JSON.parse(node.textContent) : null;
  }
  function bytes(size) {
    return size < 1048576 ? Math.ceil(size / 1024) + " kB" : (size / 1048576).toFixed(1) + " MB";
  }
  /* A part sets up what it finds under `root`: on load, and in what htmx brings later. */
  function part(setUp) { parts.push(setUp); }
  function setUp(root) { parts.forEach(function (each) { each(root); }); }

  var STATUS = {
    met: { sign: "✓", zh: "已达到", en: "met", line: "#1b6e3c", fill: "#c9e6d3" },
    on_course: { sign: "→", zh: "进展正常", en: "on course", line: "#1f5fa8", fill: "#cfe0f3" },
    at_risk: { sign: "!", zh: "有风险", en: "at risk", line: "#7d5200", fill: "#f7dfa8" },
    missed: { sign: "✗", zh: "未达到", en: "missed", line: "#a8201a", fill: "#f3c3bf" },
    unknown: { sign: "?", zh: "未知", en: "unknown", line: "#55606e", fill: "#dfe3e8" }
  };

  /* Files that only some pages need, fetched once when the first part asks for them. */
  var fetched = {};
  function fetchScript(address, ready, failed) {
    var known = fetched[address];
    if (!known) {
      known = fetched[address] = { done: false, failed: false, waiting: [] };
      var script = make("script");
      script.src = address;
      script.onload = function () {
        known.done = true;
        known.waiting.forEach(function (each) { each.ready(); });
      };
      script.onerror = function () {
        delete fetched[address];
        known.waiting.forEach(function (each) { each.failed(); });
      };
      document.head.appendChild(script);
    }
    if (known.done) { ready(); } else { known.waiting.push({ ready: ready, failed: failed }); }
  }
  function fetchStyle(address) {
    if (fetched[address]) { return; }
    fetched[address] = true;
    var link = make("link");
    link.rel = "stylesheet";
    link.href = address;
    document.head.insertBefore(link, document.head.querySelector("link[rel=stylesheet]"));
  }
  function fetchJson(address, ready, failed) {
    var request = new XMLHttpRequest();
    request.open("GET", address);
    request.onload = function () {
      if (request.status !== 200) { failed(); return; }
      ready(JSON.parse(request.responseText));
    };
    request.onerror = failed;
    request.send();
  }
  function whenSeen(node, act) {
    if (!("IntersectionObserver" in window)) { act(); return; }
    var watch = new IntersectionObserver(function (entries) {
      if (entries.some(function (entry) { return entry.isIntersecting; })) { watch.disconnect(); act(); }
    }, { rootMargin: "200px" });
    watch.observe(node);
  }

  /* Menu of narrow screens, and the person's menu that closes by itself. */
  part(function (root) {
    all(".menu-button", root).forEach(function (button) {
      if (!once(button, "menu")) { return; }
      var menu = document.getElementById(button.getAttribute("aria-controls"));
      button.addEventListener("click", function () {
        var shown = button.getAttribute("aria-expanded") !== "true";
        button.setAttribute("aria-expanded", String(shown));
        menu.classList.toggle("shown", shown);
      });
    });
  });
  document.addEventListener("click", function (event) {
    all("details.person[open]").forEach(function (menu) { if (!menu.contains(event.target)) { menu.open = false; } });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    all("details.person[open]").forEach(function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
  });

  /* Shares of a bar: style attributes are refused by the page's policy, so the widths are set here. */
  part(function (root) {
    all("[data-share]", root).forEach(function (node) { node.style.flexGrow = node.getAttribute("data-share"); });
  });

  /* Labels of a table's cells for the cards that rows become on a phone. */
  part(function (root) {
    all("table.cards", root).forEach(function (table) {
      var heads = all("thead th", table).map(function (head) { return head.textContent; });
      all("tbody tr", table).forEach(function (row) {
        Array.prototype.forEach.call(row.children, function (cell, index) { cell.setAttribute("data-label", heads[index] || ""); });
      });
    });
  });

  /* Arrow keys in a matrix: one stop of the Tab key instead of a thousand. */
  part(function (root) {
    all("table[data-matrix]", root).forEach(function (table) {
      if (!once(table, "matrix")) { return; }
      var rows = all("tbody tr:not(.group)", table);
      var links = all("tbody td > a", table);
      if (!links.length) { return; }
      links.forEach(function (link, index) { link.tabIndex = index ? -1 : 0; });
      table.addEventListener("keydown", function (event) {
        var step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
        var cell = event.target.parentNode;
        if (!step || event.ctrlKey || event.altKey || event.metaKey || cell.tagName !== "TD") { return; }
        var row = rows.indexOf(cell.parentNode), column = cell.cellIndex, next;
        do {
          row += step[0];
          column += step[1];
          next = rows[row] && column > 0 ? rows[row].cells[column] : null;
        } while (next && !next.querySelector("a"));
        event.preventDefault();
        if (!next) { return; }
        event.target.tabIndex = -1;
        var link = next.querySelector("a"), box = table.parentNode;
        link.tabIndex = 0;
        link.focus({ preventScroll: true });
        /* Keep the cell clear of the head and the first column, which lie over the others. */
        var seen = box.getBoundingClientRect(), now = next.getBoundingClientRect();
        var left = seen.left + table.rows[0].cells[0].offsetWidth, top = seen.top + table.rows[0].offsetHeight;
        if (now.left < left) { box.scrollLeft -= left - now.left; }
        if (now.right > seen.right) { box.scrollLeft += now.right - seen.right; }
        if (now.top < top) { box.scrollTop -= top - now.top; }
        if (now.bottom > seen.bottom) { box.scrollTop += now.bottom - seen.bottom; }
      });
    });
  });

  /* Tabs whose addresses are parts of this page. */
  part(function (root) {
    all("[data-tabs]", root).forEach(function (nav) {
      var links = all("a", nav);
      if (!links.length || !links.every(function (link) { return link.getAttribute("href").charAt(0) === "#"; }) || !once(nav, "tabs")) { return; }
      var list = nav.querySelector("ul");
      list.setAttribute("role", "tablist");
      list.setAttribute("aria-label", nav.getAttribute("aria-label") || "");
      var panels = links.map(function (link) { return document.getElementById(link.getAttribute("href").slice(1)); });
      function choose(chosen, focus) {
        links.forEach(function (link, index) {
          var on = index === chosen;
          link.removeAttribute("aria-current");
          link.setAttribute("aria-selected", String(on));
          link.tabIndex = on ? 0 : -1;
          panels[index].hidden = !on;
          if (on && focus) { link.focus(); }
        });
        window.dispatchEvent(new Event("resize"));
      }
      links.forEach(function (link, index) {
        link.parentNode.setAttribute("role", "presentation");
        link.setAttribute("role", "tab");
        link.id = link.id || "tab-" + panels[index].id;
        link.setAttribute("aria-controls", panels[index].id);
        panels[index].setAttribute("role", "tabpanel");
        panels[index].setAttribute("aria-labelledby", link.id);
        link.addEventListener("click", function (event) { event.preventDefault(); choose(index, false); });
        link.addEventListener("keydown", function (event) {
          var to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: links.length - 1 }[event.key];
          if (to === undefined) { return; }
          event.preventDefault();
          choose((to + links.length) % links.length, true);
        });
      });
      var asked = panels.map(function (panel) { return "#" + panel.id; }).indexOf(window.location.hash);
      var current = links.map(function (link) { return link.hasAttribute("aria-current"); }).indexOf(true);
      choose(Math.max(asked >= 0 ? asked : current, 0), false);
    });
  });

  /* Dialogs. */
  function openDialog(dialog) {
    if (dialog.showModal) { dialog.showModal(); } else { dialog.classList.add("shim"); dialog.setAttribute("open", ""); }
    var first = dialog.querySelector("[data-focus], input:not([type=hidden]), select, textarea, button");
    if (first) { first.focus(); }
  }
  function closeDialog(dialog) {
    if (dialog.close) { dialog.close(); } else { dialog.removeAttribute("open"); }
  }
  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-dialog]");
    if (opener) {
      var dialog = document.getElementById(opener.getAttribute("data-dialog"));
      if (dialog) { event.preventDefault(); openDialog(dialog); }
    }
    var closer = event.target.closest("[data-close]");
    if (closer) { closeDialog(closer.closest("dialog")); }
  });
  part(function (root) {
    all("dialog[data-open]", root).forEach(function (dialog) { if (once(dialog, "open")) { openDialog(dialog); } });
    all("[data-focus]", root).forEach(function (node) { if (!node.closest("dialog")) { node.focus(); } });
  });

  /* What cannot be undone is asked about before it is sent. */
  function ask(words, yes) {
    var dialog = make("dialog"), row = make("div", "actions");
    var sure = make("button", "button danger", say("确定", "Yes, go on")), no = make("button", "button", say("取消", "Cancel"));
    var line = make("p", "", words);
    line.id = "asked";
    dialog.setAttribute("aria-labelledby", "asked");
    sure.type = no.type = "button";
    row.appendChild(sure);
    row.appendChild(no);
    dialog.appendChild(line);
    dialog.appendChild(row);
    document.body.appendChild(dialog);
    function end() { closeDialog(dialog); document.body.removeChild(dialog); }
    sure.addEventListener("click", function () { end(); yes(); });
    no.addEventListener("click", end);
    dialog.addEventListener("cancel", function (event) { event.preventDefault(); end(); });
    openDialog(dialog);
    no.focus();
  }

  /* Forms: asked about, sent once, files with progress. */
  function busy(form, on) {
    form.setAttribute("aria-busy", String(on));
    all("button[type=submit], button:not([type])", form).forEach(function (button) {
      if (on) { button.setAttribute("data-words", button.textContent); }
      button.disabled = on;
      button.textContent = on ? say("正在提交…", "Sending…") : button.getAttribute("data-words") || button.textContent;
    });
  }
  function note(form, tone, words) {
    var old = form.querySelector("[data-note]");
    if (old) { old.parentNode.removeChild(old); }
    var box = make("div", "notice " + tone), body = make("div", "", words);
    box.setAttribute("role", tone === "bad" ? "alert" : "status");
    box.setAttribute("data-note", "");
    box.appendChild(make("span", "", tone === "bad" ? "✗" : "i"));
    box.appendChild(body);
    form.insertBefore(box, form.querySelector(".actions"));
    return body;
  }
  function upload(form, submitter) {
    var request = new XMLHttpRequest(), body = new FormData(form);
    var line = note(form, "info", say("正在上传…", "Uploading…")), bar = make("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", say("上传进度", "Progress of the upload"));
    line.appendChild(bar);
    if (submitter && submitter.name) { body.append(submitter.name, submitter.value); }
    busy(form, true);
    request.open("POST", form.getAttribute("action") || window.location.href);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.upload.onprogress = function (event) {
      if (!event.lengthComputable) { return; }
      bar.value = Math.floor(event.loaded / event.total * 100);
      line.firstChild.nodeValue = event.loaded < event.total
        ? say("已上传 ", "Uploaded ") + bytes(event.loaded) + " / " + bytes(event.total)
        : say("已上传，正在检查…", "Uploaded, being checked…");
    };
    request.onload = function () {
      var answer = new DOMParser().parseFromString(request.responseText, "text/html");
      var fresh = answer.getElementById("main"), main = document.getElementById("main");
      /* What was taken names the page to go to; a refused form comes back and takes the place of this one. */
      var next = request.getResponseHeader("X-Lantu-Next");
      if (next) {
        window.location.assign(next);
      } else if (request.status < 400 && request.responseURL && request.responseURL !== (form.action || "").split("#")[0]) {
        window.location.assign(request.responseURL);
      } else if (request.status >= 500) {
        /* The disk or the database: the form stays, with what it holds. */
        var why = fresh && fresh.querySelector(".error-state");
        busy(form, false);
        note(form, "bad", why ? why.innerText.trim().replace(/\s+/g, " ") : say("没有收下（", "Not taken (") + request.status + say("）。内容没有丢失，请稍后再交。", "). Nothing is lost; please send again later."));
      } else if (fresh && main) {
        main.innerHTML = fresh.innerHTML;
        setUp(main);
      } else {
        busy(form, false);
        note(form, "bad", say("没有收下（", "Not taken (") + request.status + say("）。内容没有丢失，请检查后再交。", "). Nothing is lost; please check and send again."));
      }
    };
    request.onerror = function () {
      busy(form, false);
      note(form, "bad", say("连接中断，没有提交。填写的内容还在，请再试。", "The connection broke; nothing was sent. What you wrote is still here, please try again."));
    };
    request.send(body);
  }
  document.addEventListener("submit", function (event) {
    var form = event.target, submitter = event.submitter;
    if (form.hasAttribute("data-confirm") && !form.hasAttribute("data-sure")) {
      event.preventDefault();
      event.stopPropagation();
      ask(form.getAttribute("data-confirm"), function () {
        form.setAttribute("data-sure", "");
        if (form.requestSubmit) { form.requestSubmit(submitter || undefined); } else { (submitter || form.querySelector("[type=submit]")).click(); }
        form.removeAttribute("data-sure");
      });
      return;
    }
    if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    if (form.hasAttribute("data-progress") && window.FormData && all("input[type=file]", form).some(function (input) { return input.files && input.files.length; })) {
      event.preventDefault();
      upload(form, submitter);
    } else if (form.hasAttribute("data-once") && !form.hasAttribute("hx-post")) {
      /* After the browser has read the form: a disabled button would not send its own value. */
      window.setTimeout(function () { busy(form, true); }, 0);
    }
  }, true);
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) { all("form[aria-busy=true]").forEach(function (form) { busy(form, false); }); }
  });

  /* Files dropped or chosen: listed, and measured before they travel. */
  part(function (root) {
    all("[data-drop]", root).forEach(function (zone) {
      var input = zone.querySelector("input[type=file]"), list = zone.querySelector("[data-chosen]");
      if (!input || !once(zone, "drop")) { return; }
      var most = Number(input.getAttribute("data-max-bytes")) || 0;
      function show() {
        list.textContent = "";
        Array.prototype.forEach.call(input.files, function (file) {
          var line = make("li", "", file.name + "  " + bytes(file.size));
          if (most && file.size > most) {
            line.appendChild(make("strong", "", say("  ✗ 超过上限 ", "  ✗ over the limit of ") + bytes(most)));
          }
          list.appendChild(line);
        });
      }
      input.addEventListener("change", show);
      ["dragenter", "dragover"].forEach(function (name) {
        zone.addEventListener(name, function (event) { event.preventDefault(); zone.classList.add("over"); });
      });
      ["dragleave", "drop"].forEach(function (name) {
        zone.addEventListener(name, function () { zone.classList.remove("over"); });
      });
      zone.addEventListener("drop", function (event) {
        event.preventDefault();
        if (!event.dataTransfer.files.length) { return; }
        if (event.dataTransfer.files.length > 1 && !input.multiple) {
          list.textContent = say("这里只收一个文件", "One file only, please");
          return;
        }
        input.files = event.dataTransfer.files;
        show();
      });
    });
  });

  /* Sorting of whole, small tables. */
  part(function (root) {
    all("table[data-sortable]", root).forEach(function (table) {
      if (!once(table, "sort")) { return; }
      var body = table.tBodies[0], heads = all("thead th", table);
      var compare = window.Intl && Intl.Collator ? new Intl.Collator(document.documentElement.lang, { numeric: true }).compare : function (a, b) { return a < b ? -1 : a > b ? 1 : 0; };
      function value(row, index) {
        var cell = row.children[index], given = cell.getAttribute("data-sort");
        return (given === null ? cell.textContent : given).trim();
      }
      heads.forEach(function (head, index) {
        var button = make("button", "sort", head.textContent);
        button.type = "button";
        head.textContent = "";
        head.appendChild(button);
        button.addEventListener("click", function () {
          var down = head.getAttribute("aria-sort") === "ascending";
          heads.forEach(function (each) { each.removeAttribute("aria-sort"); });
          head.setAttribute("aria-sort", down ? "descending" : "ascending");
          all("tr", body).map(function (row, place) { return { row: row, value: value(row, index), place: place }; })
            .sort(function (a, b) {
              var empty = (a.value === "" || a.value === "—") - (b.value === "" || b.value === "—");
              if (empty) { return empty; }
              var x = Number(a.value.replace(/,/g, "")), y = Number(b.value.replace(/,/g, ""));
              var order = isNaN(x) || isNaN(y) ? compare(a.value, b.value) : x - y;
              return (down ? -order : order) || a.place - b.place;
            })
            .forEach(function (each) { body.appendChild(each.row); });
        });
      });
    });
  });

  /* Charts. */
  var LINES = ["#16324f", "#b4530a", "#2b7a78", "#7a3e8e", "#6b7785", "#8a6d00", "#a03050", "#3f6fb5"];
  var POINTS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"];
  var CLASSES = ["#d6e3f0", "#b0c9e2", "#7fa6cc", "#4a7db0", "#25578c", "#16324f"];
  var FONT = { fontFamily: window.getComputedStyle(document.body).fontFamily, fontSize: 12, color: "#1d2430" };

  function axis(extra) {
    var common = { nameTextStyle: { color: "#55606e", fontSize: 12 }, axisLabel: { color: "#55606e", fontSize: 12, hideOverlap: true }, axisLine: { lineStyle: { color: "#78828f" } }, splitLine: { lineStyle: { color: "#e7ebf0" } } };
    Object.keys(extra).forEach(function (key) { common[key] = extra[key]; });
    return common;
  }
  function shown(value, unit) { return value === null || value === undefined ? "—" : value + (unit ? " " + unit : ""); }
  function options(chart, width) {
    var result = {
      animation: false, textStyle: FONT, color: LINES,
      grid: { left: 8, right: 24, top: 34, bottom: 8, containLabel: true },
      tooltip: { trigger: chart.kind === "scatter" || chart.kind === "heatmap" ? "item" : "axis", confine: true, renderMode: "richText", textStyle: FONT, valueFormatter: function (value) { return shown(value, chart.unit); } }
    };
    if (chart.kind === "heatmap") {
      var classes = chart.classes || [];
      result.grid.top = 8;
      result.grid.bottom = 34;
      result.xAxis = axis({ type: "category", data: chart.x });
      result.yAxis = axis({ type: "category", data: chart.y, inverse: true });
      result.visualMap = { type: "piecewise", orient: "horizontal", left: 0, bottom: 0, itemWidth: 16, textStyle: FONT, pieces: classes.map(function (each, index) {
        var piece = { label: each.name, color: CLASSES[Math.round(index * (CLASSES.length - 1) / Math.max(classes.length - 1, 1))] };
        if (each.from !== undefined && each.from !== null) { piece.gte = each.from; }
        if (each.to !== undefined && each.to !== null) { piece.lt = each.to; }
        return piece;
      }) };
      result.series = [{ type: "heatmap", data: chart.cells.map(function (cell) { return [cell[0], cell[1], cell[2] === null ? "-" : cell[2]]; }), itemStyle: { borderColor: "#ffffff", borderWidth: 1 }, emphasis: { disabled: true } }];
      result.tooltip.formatter = function (at) { return chart.y[at.value[1]] + " · " + chart.x[at.value[0]] + ": " + shown(at.value[2], chart.unit); };
      return result;
    }
    var labels = axis(chart.kind === "scatter" ? { type: "value", scale: true, name: chart.x_unit || "", nameLocation: "middle", nameGap: 26 } : { type: "category", data: chart.x, boundaryGap: chart.kind === "bar", splitLine: { show: false } });
    if (chart.horizontal) { labels.inverse = true; }
    /* Every bar has its name: a name that is left out is a question. */
    if (chart.kind === "bar") {
      labels.axisLabel = { color: "#55606e", fontSize: 12, interval: 0, rotate: !chart.horizontal && width / chart.x.length < 46 ? 50 : 0 };
    }
    var values = axis({ type: "value", name: chart.horizontal ? "" : chart.unit || "", nameLocation: "end", scale: chart.kind !== "bar" });
    if (!chart.horizontal) { values.nameTextStyle = { color: "#55606e", fontSize: 12, align: "left", padding: [0, 0, 0, -24] }; }
    result.xAxis = chart.horizontal ? values : labels;
    result.yAxis = chart.horizontal ? labels : values;
    if (chart.kind === "scatter" && chart.x_unit) { result.grid.bottom = 26; }
    var limits = chart.limits || [];
    if (chart.series.length > 1 || limits.length) {
      result.legend = { data: chart.series.map(function (series) { return { name: series.name }; }), type: "plain", top: 0, right: 0, textStyle: FONT, itemWidth: 26, selectedMode: false };
      result.grid.top = width < 560 ? 66 : 44;
    }
    result.series = chart.series.map(function (series, index) {
      var kind = series.kind || chart.kind;
      return {
        name: series.name, type: kind, stack: series.stack || undefined, data: series.values, connectNulls: false,
        symbol: POINTS[index % POINTS.length], symbolSize: kind === "scatter" ? 8 : 5, showSymbol: series.values.length < 40,
        lineStyle: { width: 2, type: series.dashed ? "dashed" : "solid" }, barMaxWidth: 26, itemStyle: { opacity: kind === "bar" ? 0.75 : 1 }, emphasis: { disabled: true }
      };
    });
    if (limits.length && result.series.length) {
      result.series[0].markLine = {
        silent: true, symbol: "none", lineStyle: { color: "#a8201a", type: [6, 4], width: 1.5 },
        data: limits.map(function (limit) {
          var line = { name: limit.name, label: { formatter: String(limit.value), position: "end", color: "#a8201a", fontSize: 12, distance: 4 } };
          line[chart.horizontal ? "xAxis" : "yAxis"] = limit.value;
          return line;
        })
      };
      result.grid.right = chart.horizontal ? 24 : 40;
      /* A line without points, so that the legend says what the limit is. */
      limits.forEach(function (limit) {
        var words = limit.name + " " + shown(limit.value, chart.unit);
        result.legend.data.push({ name: words, icon: "path://M0,4H6V6H0ZM9,4H15V6H9ZM18,4H24V6H18ZM0,0H24V0H0ZM0,10H24V10H0Z" });
        result.series.push({ name: words, type: "line", data: [], symbol: "none", itemStyle: { color: "#a8201a" }, lineStyle: { color: "#a8201a", type: [6, 4], width: 1.5 } });
      });
      /* A limit outside the range of the values must still be seen. */
      var least = Infinity, most = -Infinity;
      chart.series.forEach(function (series) {
        series.values.forEach(function (each) {
          var value = Array.isArray(each) ? each[1] : each;
          if (value !== null) { least = Math.min(least, value); most = Math.max(most, value); }
        });
      });
      limits.forEach(function (limit) {
        if (limit.value < least && chart.kind !== "bar") { values.min = limit.value; }
        if (limit.value > most) { values.max = limit.value; }
      });
    }
    return result;
  }
  function chartTable(figure, chart) {
    var place = figure.querySelector("[data-table]");
    if (!place || place.firstChild) { return; }
    var table = make("table"), head = make("thead"), body = make("tbody"), top = make("tr");
    table.appendChild(make("caption", "unseen", figure.querySelector("figcaption").textContent));
    function headCell(words, numeric) {
      var cell = make("th", numeric ? "n" : "", words);
      cell.scope = "col";
      top.appendChild(cell);
    }
    function line(name, values) {
      var row = make("tr"), first = make("th", "", name);
      first.scope = "row";
      row.appendChild(first);
      values.forEach(function (value) { row.appendChild(make("td", "n", value === null || value === undefined ? "—" : value)); });
      body.appendChild(row);
    }
    if (chart.kind === "heatmap") {
      var grid = chart.y.map(function () { return chart.x.map(function () { return null; }); });
      chart.cells.forEach(function (cell) { grid[cell[1]][cell[0]] = cell[2]; });
      headCell(chart.unit || say("项", "item"));
      chart.x.forEach(function (name) { headCell(name, true); });
      chart.y.forEach(function (name, index) { line(name, grid[index]); });
    } else if (chart.kind === "scatter") {
      headCell(say("项", "item"));
      headCell(chart.x_name || chart.x_unit || "x", true);
      headCell(chart.unit || "y", true);
      chart.series.forEach(function (series) {
        series.values.forEach(function (value) { line(value[2] || series.name, [value[0], value[1]]); });
      });
    } else {
      headCell(chart.x_name || say("项", "item"));
      chart.series.forEach(function (series) { headCell(series.name + (chart.unit ? " (" + chart.unit + ")" : ""), true); });
      chart.x.forEach(function (name, index) { line(name, chart.series.map(function (series) { return series.values[index]; })); });
    }
    head.appendChild(top);
    table.appendChild(head);
    table.appendChild(body);
    place.appendChild(table);
  }
  part(function (root) {
    all("[data-chart]", root).forEach(function (figure) {
      if (!once(figure, "chart")) { return; }
      var chart = data(figure.getAttribute("data-chart")), canvas = figure.querySelector(".canvas");
      var details = figure.querySelector("details");
      details.addEventListener("toggle", function () { chartTable(figure, chart); });
      whenSeen(canvas, function () {
        fetchScript(own.getAttribute("data-echarts"), function () {
          canvas.textContent = "";
          var drawn = window.echarts.init(canvas, null, { renderer: "svg" });
          drawn.setOption(options(chart, canvas.clientWidth));
          if (chart.kind === "heatmap") { canvas.parentNode.insertBefore(make("p", "small soft", say("空白处没有数据", "Blank: no data")), details); }
          window.addEventListener("resize", function () { if (canvas.clientWidth) { drawn.resize(); } });
        }, function () {
          canvas.textContent = say("没能画出图，请看下面的表。", "The chart could not be drawn; please see the table.");
          details.open = true;
        });
      });
    });
  });

  /* On paper a chart is made smaller as a picture; it cannot be laid out anew. */
  window.addEventListener("beforeprint", function () {
    all(".canvas svg").forEach(function (svg) {
      if (!svg.getAttribute("viewBox")) { svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height")); }
    });
  });

  /* Maps. */
  function go(address) { if (address) { window.location.assign(address); } }
  var NEAR = 44, NAMED = 20;
  /* Points that lie in one square of the screen are one circle with their number; a click comes nearer, or names them. */
  function drawPoints(L, map, points) {
    var group = L.layerGroup().addTo(map);
    map.createPane("many").style.zIndex = 660; /* above the names of districts */
    function one(point) {
      var status = STATUS[point.status] || { line: "#16324f", fill: "#7fa6cc", sign: "", zh: "", en: "" };
      var spot = L.circleMarker([point.lat, point.lon], { radius: 6, color: status.line, weight: 2, fillColor: status.fill, fillOpacity: 1 });
      spot.bindTooltip(make("span", "", point.name + (status.sign ? "  " + status.sign + " " + say(status.zh, status.en) : "")));
      if (point.url) { spot.on("click", function () { go(point.url); }); }
      return spot;
    }
    function names(members) {
      var box = make("ul", "plain");
      members.slice(0, NAMED).forEach(function (point) {
        var item = make("li"), word = make(point.url ? "a" : "span", "", point.name);
        if (point.url) { word.href = point.url; }
        item.appendChild(word);
        box.appendChild(item);
      });
      if (members.length > NAMED) { box.appendChild(make("li", "soft", say("另有 ", "and ") + (members.length - NAMED) + say(" 条", " more"))); }
      return box;
    }
    function many(members) {
      var lat = 0, lon = 0, size = members.length < 10 ? 28 : members.length < 100 ? 34 : 40;
      members.forEach(function (point) { lat += point.lat / members.length; lon += point.lon / members.length; });
      var words = members.length + say(" 条，点击放大", " entries, click to come nearer");
      var spot = L.marker([lat, lon], {
        title: words, alt: words, pane: "many",
        icon: L.divIcon({ className: "map-many", iconSize: [size, size], html: make("span", "", String(members.length)) })
      });
      spot.on("add", function () { spot.getElement().setAttribute("aria-label", words); });
      function nearer() {
        var bounds = L.latLngBounds(members.map(function (point) { return [point.lat, point.lon]; }));
        if (map.getZoom() >= map.getMaxZoom() || bounds.getNorthEast().distanceTo(bounds.getSouthWest()) < 20) {
          spot.bindPopup(names(members)).openPopup();
        } else {
          map.fitBounds(bounds, { padding: [NEAR, NEAR], maxZoom: map.getMaxZoom() });
        }
      }
      spot.on("click", nearer);
      spot.on("keypress", function (event) { if (event.originalEvent.key === "Enter") { nearer(); } });
      return spot;
    }
    function draw() {
      var squares = {};
      points.forEach(function (point) {
        var at = map.project([point.lat, point.lon]), square = Math.floor(at.x / NEAR) + " " + Math.floor(at.y / NEAR);
        (squares[square] = squares[square] || []).push(point);
      });
      group.clearLayers();
      Object.keys(squares).forEach(function (square) {
        var members = squares[square];
        group.addLayer(members.length > 1 ? many(members) : one(members[0]));
      });
    }
    map.on("zoomend", draw);
    draw();
  }
  function drawMap(figure, outlines) {
    var L = window.L, id = figure.getAttribute("data-map"), areas = data(id) || [], points = data(id + "-points") || [];
    var known = {}, drawn = {}, place = figure.querySelector(".map");
    areas.forEach(function (area) { known[area.code] = area; });
    var map = L.map(place, { attributionControl: false, maxZoom: 17, scrollWheelZoom: false, zoomSnap: 0.25, zoomControl: false, fadeAnimation: false, zoomAnimation: false });
    L.control.zoom({ zoomInTitle: say("放大", "Zoom in"), zoomOutTitle: say("缩小", "Zoom out") }).addTo(map);
    var shapes = L.geoJSON(outlines, {
      style: function (feature) {
        var area = known[feature.properties.code], status = STATUS[area && area.status];
        return { color: "#55606e", weight: 1, fillOpacity: 1, fillColor: status ? status.fill : area ? "#e3ecf5" : "#f4f6f9" };
      },
      onEachFeature: function (feature, layer) {
        var property = feature.properties, area = known[property.code], status = STATUS[area && area.status];
        var name = area ? area.name : say(property.zh, property.en);
        drawn[property.code] = true;
        var tip = make("span", "", name + (status ? "  " + status.sign + " " + say(status.zh, status.en) : ""));
        if (area && area.value) { tip.textContent += "  " + area.value; }
        if (area && area.note) { tip.appendChild(make("br")); tip.appendChild(document.createTextNode(area.note)); }
        layer.bindTooltip(tip, { sticky: true });
        if (area && area.url) { layer.on("click", function () { go(area.url); }); }
      }
    }).addTo(map);
    /* Before the points: a circle cannot be placed on a map that looks at nothing yet. */
    map.fitBounds(shapes.getBounds(), { padding: [4, 4] });
    (data(id + "-shapes") || []).forEach(function (shape) {
      L.geoJSON(shape.geometry, {
        style: { color: "#16324f", weight: 3, fillColor: "#7fa6cc", fillOpacity: 0.5 },
        pointToLayer: function (feature, at) { return L.circleMarker(at, { radius: 5, color: "#16324f", fillColor: "#7fa6cc", fillOpacity: 1 }); },
        onEachFeature: function (feature, layer) {
          layer.bindTooltip(make("span", "", shape.name), { sticky: true });
          if (shape.url) { layer.on("click", function () { go(shape.url); }); }
        }
      }).addTo(map);
    });
    drawPoints(L, map, points);
    /* Names where there is room; in the small inner districts the sign alone. */
    shapes.eachLayer(function (layer) {
      var property = layer.feature.properties, area = known[property.code], status = STATUS[area && area.status];
      var name = say((area ? area.name : property.zh).replace(/区$/, ""), (area ? area.name : property.en).replace(/ District$/, ""));
      var bounds = layer.getBounds();
      var room = map.latLngToContainerPoint(bounds.getSouthEast()).x - map.latLngToContainerPoint(bounds.getNorthWest()).x;
      var wide = room > name.length * (english ? 7 : 13) * 1.25;
      var words = make("span");
      if (wide) { words.appendChild(document.createTextNode(name)); words.appendChild(make("br")); }
      words.appendChild(document.createTextNode(status ? status.sign : wide && area && area.value ? area.value : ""));
      if (!words.textContent) { return; }
      L.marker([property.label[1], property.label[0]], { opacity: 0, interactive: false, keyboard: false, icon: L.divIcon({ className: "", iconSize: [0, 0] }) })
        .bindTooltip(words, { permanent: true, direction: "center", className: "map-label" }).addTo(map);
    });
    var without = figure.querySelector("[data-without]"), missing = areas.filter(function (area) { return !drawn[area.code]; });
    missing.forEach(function (area, index) {
      var status = STATUS[area.status], words = area.name + (status ? " " + status.sign + " " + say(status.zh, status.en) : "") + (area.value ? " " + area.value : "");
      var node = area.url ? make("a", "", words) : make("span", "", words);
      if (area.url) { node.href = area.url; }
      if (index) { without.appendChild(document.createTextNode(say("；", "; "))); }
      without.appendChild(node);
    });
    without.hidden = !missing.length;
  }
  part(function (root) {
    all("[data-map]", root).forEach(function (figure) {
      if (!once(figure, "map")) { return; }
      var place = figure.querySelector(".map");
      function failed() {
        place.textContent = say("没能画出地图，请看下面的表。", "The map could not be drawn; please see the table.");
        figure.querySelector("details").open = true;
      }
      whenSeen(place, function () {
        fetchStyle(own.getAttribute("data-leaflet-css"));
        fetchScript(own.getAttribute("data-leaflet"), function () {
          fetchJson(figure.getAttribute("data-outlines"), function (outlines) { drawMap(figure, outlines); }, failed);
        }, failed);
      });
    });
  });

  /* htmx: the token that protects forms, faults in words, and parts in what it brings. */
  document.addEventListener("htmx:configRequest", function (event) {
    var token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (token && event.detail.verb !== "get") { event.detail.headers["X-CSRFToken"] = token.value; }
  });
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) { setUp(event.detail.elt.parentNode || event.detail.elt); }
  });
  ["htmx:responseError", "htmx:sendError"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var main = document.getElementById("main"), box = main.querySelector("[data-fault]");
      if (!box) {
        box = make("div", "notice bad");
        box.setAttribute("role", "alert");
        box.setAttribute("data-fault", "");
        box.appendChild(make("span", "", "✗"));
        box.appendChild(make("div"));
        main.insertBefore(box, main.firstChild);
      }
      var status = event.detail.xhr && event.detail.xhr.status;
      box.lastChild.textContent = status
        ? say("没有取到内容（", "The content could not be fetched (") + status + say("），请稍后再试。", "); please try again.")
        : say("连接不上，请检查网络后再试。", "No connection; please try again.");
    });
  });
  window.addEventListener("beforeprint", function () {
    all("details.more:not([open])").forEach(function (each) { each.setAttribute("data-printed", ""); each.open = true; });
  });
  window.addEventListener("afterprint", function () {
    all("details[data-printed]").forEach(function (each) { each.removeAttribute("data-printed"); each.open = false; });
  });

  document.documentElement.classList.add("js");
  setUp(document);
}());
