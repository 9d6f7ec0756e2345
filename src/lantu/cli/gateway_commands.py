"""`lantu gateway`: receive data from devices in the field, turn it into rows, simulate devices, see how it goes."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Annotated, Any

import typer

from lantu.base import LantuError, Text
from lantu.cli.show import JsonOption, console, open_workspace, say, write_json

app = typer.Typer(no_args_is_help=True, help=say("网关：接收现场设备数据", "gateway: data from devices in the field"))

PortOption = Annotated[int, typer.Option("--port", help=say("端口（0 由系统选择）", "port (0: the system chooses)"))]
HostOption = Annotated[str, typer.Option("--host", help=say("监听地址", "address to listen on"))]
MetricsOption = Annotated[
    int | None, typer.Option("--metrics-port", help=say("Prometheus 指标端口（仅本机）", "port of metrics, loopback"))
]
CompactOption = Annotated[
    bool, typer.Option("--compact/--no-compact", help=say("同时运行入库进程", "run a compactor beside it"))
]


@app.command("hj212", help=say("接收 HJ 212 数采仪数据", "receive HJ 212 from data loggers"))
def hj212(
    port: PortOption, host: HostOption = "127.0.0.1", metrics_port: MetricsOption = None, compact: CompactOption = True
) -> None:
    _serve("hj212", port, host, metrics_port, compact)


@app.command("vehicle", help=say("接收重型车、新能源车远程监控数据", "receive frames of vehicles"))
def vehicle(
    port: PortOption, host: HostOption = "127.0.0.1", metrics_port: MetricsOption = None, compact: CompactOption = True
) -> None:
    _serve("vehicles", port, host, metrics_port, compact)


@app.command("positions", help=say("接收渣土车 JT/T 808 位置", "receive JT/T 808 positions of spoil trucks"))
def positions(
    port: PortOption, host: HostOption = "127.0.0.1", metrics_port: MetricsOption = None, compact: CompactOption = True
) -> None:
    _serve("positions", port, host, metrics_port, compact)


def _serve(protocol: str, port: int, host: str, metrics_port: int | None, compact: bool) -> None:
    from lantu.gateway.service import Service, run_server

    _log()
    workspace = open_workspace(create=True).path

    def started(server: Any, metrics: int | None) -> None:
        said = say(f"{protocol} 在 {host}:{server.port} 接收", f"{protocol} listens on {host}:{server.port}")
        if metrics is not None:
            said += say(f"，指标 http://127.0.0.1:{metrics}/metrics", f", metrics http://127.0.0.1:{metrics}/metrics")
        print(said, flush=True)

    run_server(Service(workspace, protocol, port, host, metrics_port, compact), started)


@app.command("compact", help=say("把收件箱变成数据集的行", "turn the inbox into rows of datasets"))
def compact(
    follow: Annotated[bool, typer.Option("--follow", help=say("持续运行", "go on until stopped"))] = False,
    again: Annotated[
        str | None, typer.Option("--again", metavar="DATE", help=say("重新入库某日留存的报文", "a kept day anew"))
    ] = None,
    device: Annotated[str | None, typer.Option("--device", help=say("只限此设备", "of this device only"))] = None,
    beside: Annotated[int | None, typer.Option("--beside", hidden=True)] = None,
) -> None:
    from lantu.gateway.service import open_compactor, run_compactor

    _log()
    workspace = open_workspace().path
    if follow:
        run_compactor(workspace, beside)
        return
    compactor, _ = open_compactor(workspace)
    with compactor.alone() as mine:
        if not mine:
            raise LantuError(
                Text("另一个入库进程正在运行", "another compactor is running"),
                mend=Text("等它入库即可，或先停止它", "it does the work; or stop it first"),
            )
        if again is not None:
            totals = compactor.again(_day(again), device)
        else:
            compactor.run_all()
            totals = compactor.checkpoint.totals
    _show_totals(totals.as_json())


@app.command("simulate", help=say("模拟许多设备发数据，可选故障", "play many devices, with chosen faults"))
def simulate(
    port: PortOption,
    host: HostOption = "127.0.0.1",
    devices: Annotated[int, typer.Option(help=say("设备数", "how many"))] = 100,
    seconds: Annotated[float, typer.Option(help=say("持续秒数", "for how long"))] = 10.0,
    interval: Annotated[float, typer.Option(help=say("上传间隔秒（0 尽快）", "between uploads; 0: as fast"))] = 1.0,
    fault: Annotated[
        list[str] | None, typer.Option(help=say("故障=比例，如 stuck=0.1", "fault=share, e.g. stuck=0.1"))
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help=say("把这些设备写入设备登记", "enter these devices in devices.yaml"))
    ] = False,
    list_faults: Annotated[bool, typer.Option("--faults", help=say("列出故障", "list the faults"))] = False,
    protocol: Annotated[
        str, typer.Option("--protocol", help=say("hj212（数采仪）或 vehicles（重型车）", "hj212 or vehicles"))
    ] = "hj212",
    terminals: Annotated[
        bool, typer.Option("--terminals", help=say("车载终端直连（无应答）", "vehicles as terminals, unanswered"))
    ] = False,
    json: JsonOption = None,
) -> None:
    from lantu.gateway.devices import FILE_NAME
    from lantu.gateway.simulate import FAULTS, Play
    from lantu.gateway.simulate import simulate as play
    from lantu.gateway.simulated_loggers import register_of
    from lantu.gateway.simulated_vehicles import register_of_vehicles

    shares = dict(_share(each) for each in fault or [])
    wanted = Play(host, port, devices, seconds, interval, faults=shares, protocol=protocol, terminals=terminals)
    wanted.check()
    if list_faults:
        for name, title in FAULTS[protocol].items():
            console.print(f"{name}: {title}", highlight=False)
        return
    if register:
        path = open_workspace(create=True).path / FILE_NAME
        if path.exists():
            raise LantuError(Text(f"{path} 已存在，不覆盖", f"{path} is there and is not overwritten"))
        entered = register_of_vehicles(devices) if protocol == "vehicles" else register_of(devices)
        path.write_text(entered, encoding="utf-8")
    played, _ = play(wanted)
    found = played.as_json()
    if json is not None:
        write_json(found, json)
        if str(json) == "-":
            return
    console.print(
        say(
            f"{devices} 台设备，{found['seconds']} 秒：发送 {played.sent}，收到应答 {played.answered}",
            f"{devices} devices, {found['seconds']} s: {played.sent} sent, {played.answered} answered",
        ),
        highlight=False,
    )


@app.command("ask", help=say("向设备补取历史数据", "ask a device for its history"))
def ask(
    device: Annotated[str, typer.Argument(metavar="MN", help=say("设备 MN", "the device's MN"))],
    kind: Annotated[str, typer.Option(help="minute, hour, day")],
    first: Annotated[str, typer.Option("--from", metavar="TIME", help=say("起（当地时）", "from, local time"))],
    last: Annotated[str, typer.Option("--to", metavar="TIME", help=say("止（当地时）", "to, local time"))],
) -> None:
    from lantu.gateway.asking import ask_history

    pieces = ask_history(open_workspace().path, device, kind, _moment(first), _moment(last))
    console.print(
        say(f"已登记，将分 {pieces} 次请求", f"noted; it will be asked for in {pieces} requests"), highlight=False
    )


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise LantuError(
            Text(f"“{text}”不是时间", f"'{text}' is no time"), mend=Text("如 2021-08-01T08:00", "e.g. 2021-08-01T08:00")
        ) from error


FromOption = Annotated[str, typer.Option("--from", metavar="DATE", help=say("自某日", "from this day"))]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help=say("至某日（含）", "to this day, included"))
]


@app.command("questions", help=say("数据真实性质疑", "questions to owners of devices about their data"))
def questions(first: FromOption, last: ToOption = None, json: JsonOption = None) -> None:
    from lantu.gateway.devices import FILE_NAME, DeviceRegister
    from lantu.gateway.honesty import ask
    from lantu.gateway.questions import KINDS
    from lantu.gateway.watch import read_status
    from lantu.lake import Lake

    workspace = open_workspace()
    register = DeviceRegister.read(workspace.path / FILE_NAME)
    found = ask(Lake(workspace.lake), register, *_span(first, last), read_status(workspace.path).parts)
    if json is not None:
        write_json([each.as_json() for each in found], json)
        if str(json) == "-":
            return
    for each in found:
        console.print(f"{each.device}  {KINDS[each.kind]}  {each.text}", highlight=False, markup=False, soft_wrap=True)
    if not found:
        console.print(say("没有质疑", "nothing to ask"))


@app.command("clues", help=say("超标、报警等线索", "clues: limits exceeded, alarms"))
def clues(first: FromOption, last: ToOption = None, json: JsonOption = None) -> None:
    from lantu.gateway.clues import CLASSES, find_clues
    from lantu.gateway.devices import FILE_NAME, DeviceRegister
    from lantu.lake import Lake

    workspace = open_workspace()
    found = find_clues(Lake(workspace.lake), DeviceRegister.read(workspace.path / FILE_NAME), *_span(first, last))
    if json is not None:
        write_json([each.as_json() for each in found], json)
        if str(json) == "-":
            return
    for each in found:
        place = " ".join(filter(None, (each.site, each.area)))
        console.print(
            f"{each.time:%Y-%m-%d %H:%M}  {each.device}  {place}  {CLASSES[each.clue_class]}  {each.words}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if not found:
        console.print(say("没有线索", "no clues"))


def _span(first: str, last: str | None) -> tuple[dt.datetime, dt.datetime]:
    begin = _day(first)
    end = begin if last is None else _day(last)
    return dt.datetime.combine(begin, dt.time()), dt.datetime.combine(end + dt.timedelta(days=1), dt.time())


@app.command("status", help=say("网关状态：在线、积压、异常", "how the gateway is: online, backlog, oddities"))
def status(
    devices: Annotated[bool, typer.Option("--devices", help=say("列出设备", "list the devices"))] = False,
    json: JsonOption = None,
) -> None:
    from lantu.gateway.watch import read_status

    found = read_status(open_workspace().path)
    if json is not None:
        write_json(found.as_json(), json)
        if str(json) == "-":
            return
    if not found.parts and found.inbox.checkpoint is None:
        console.print(say("网关没有运行过", "the gateway has not run"))
        return
    for part in found.parts:
        _show_part(part, devices)
    inbox = found.inbox
    console.print(
        say(
            f"收件箱：{inbox.segments} 段，待入库 {inbox.depth_bytes} 字节，滞后 {inbox.lag_seconds:.0f} 秒",
            f"inbox: {inbox.segments} segments, {inbox.depth_bytes} bytes to compact, {inbox.lag_seconds:.0f} s behind",
        ),
        highlight=False,
    )
    if inbox.checkpoint is not None:
        _show_totals(inbox.checkpoint.totals.as_json())


_STATES = {
    "running": Text("运行", "running"),
    "starting": Text("启动", "starting"),
    "stopping": Text("正在停止", "stopping"),
    "stopped": Text("已停止", "stopped"),
    "disk": Text("磁盘不可写，不应答", "the disk refuses, nothing is answered"),
    "gone": Text("进程已消失", "its process is gone"),
}


def _show_part(part: dict[str, Any], devices: bool) -> None:
    state = str(_STATES.get(part["state"], part["state"]))
    fault = f"  {part['fault']}" if part.get("fault") else ""
    if part["part"] != "server":
        console.print(f"[bold]{part['name']}[/] {state}", end="", highlight=False)
        console.print(fault, markup=False, highlight=False, soft_wrap=True)
        return
    console.print(f"[bold]{part['name']}[/] {state}", end="", highlight=False)
    console.print(fault, markup=False, highlight=False, soft_wrap=True)
    console.print(
        say(
            f"  连接 {part['connections']}，在线设备 {part['devices_online']}（共见 {part['devices_seen']}）；"
            f"报文 {part['frames']}，落盘 {part['kept']}，应答 {part['answers']}，未能落盘 {part['refused']}",
            f"  {part['connections']} connections, {part['devices_online']} of {part['devices_seen']} devices online; "
            f"{part['frames']} frames, {part['kept']} kept, {part['answers']} answered, {part['refused']} refused",
        ),
        highlight=False,
        soft_wrap=True,
    )
    for title, counts in ((say("异常", "oddities"), part["oddities"]), (say("关闭", "closed"), part["closed"])):
        if counts:
            console.print(f"  {title}: {_listed(counts)}", highlight=False, markup=False, soft_wrap=True)
    if devices:
        for name, seen in sorted(part["devices"].items()):
            known = "" if seen["registered"] else say("  未登记", "  not registered")
            online = say("在线", "online") if seen["online"] else say("离线", "offline")
            console.print(
                f"  {name or '?'}  {online}  {seen['last']}  {seen['frames']}  {_listed(seen['oddities'])}{known}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )


def _show_totals(totals: dict[str, Any]) -> None:
    console.print(
        say(
            f"已入库报文 {totals['frames']}，读数 {totals['readings']}",
            f"compacted: {totals['frames']} frames, {totals['readings']} readings",
        ),
        highlight=False,
    )
    labels = {
        "rows": Text("新增行", "new rows"),
        "changed": Text("更正行", "corrected rows"),
        "unchanged": Text("重复", "sent again"),
        "refused": Text("数据集不收", "refused by the dataset"),
        "turned_away": Text("被拒设备的报文（留作证据）", "frames of refused devices, kept as evidence"),
        "set_aside": Text("隔离", "set aside"),
        "undecoded": Text("未能解码", "not decoded"),
        "unknown": Text("未登记设备的报文", "frames of devices not registered"),
        "undeclared": Text("未登记的因子", "factors not registered"),
        "oddities": Text("内容异常", "oddities of contents"),
        "untaken": Text("没有数据集接收", "taken by no dataset"),
        "own": Text("网关自身记录", "of the gateway itself"),
    }
    for key, title in labels.items():
        if totals[key]:
            console.print(f"  {title}: {_listed(totals[key])}", highlight=False, markup=False, soft_wrap=True)


def _listed(counts: dict[str, int]) -> str:
    shown = sorted(counts.items(), key=lambda item: -item[1])
    text = ", ".join(f"{name} {count}" for name, count in shown[:12])
    return text + (f" … ({len(shown)})" if len(shown) > 12 else "")


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name, float(share) if share else 1.0
    except ValueError as error:
        raise LantuError(
            Text(f"“{text}”不是 故障=比例", f"'{text}' is not fault=share"), mend=Text("如 stuck=0.1", "e.g. stuck=0.1")
        ) from error


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise LantuError(
            Text(f"“{text}”不是日期", f"'{text}' is not a date"), mend=Text("如 2021-08-01", "e.g. 2021-08-01")
        ) from error


def _log() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
