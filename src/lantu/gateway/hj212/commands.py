"""Commands (命令编码, CN) and result codes of all editions, with their names."""

from __future__ import annotations

from lantu.base import Text

COMMANDS: dict[int, Text] = {
    1000: Text("设置超时时间与重发次数", "set time-out and number of resends"),
    1001: Text("上传数采仪硬件标识（2025）；报警时间（2005）", "hardware ids (2025); time of alarms (2005)"),
    1002: Text("设置MN（2025）", "set the MN (2025)"),
    1011: Text("提取/上传现场机时间", "get or send the device's time"),
    1012: Text("设置现场机时间", "set the device's time"),
    1013: Text("现场机时间校准请求", "the device asks for the time"),
    1014: Text("提取/设置密钥（2025）", "get or set the key (2025)"),
    1015: Text("设置时间（地表水）", "set the time (surface water)"),
    1021: Text("提取报警门限（2005）", "get alarm limits (2005)"),
    1022: Text("设置报警门限（2005）", "set alarm limits (2005)"),
    1031: Text("提取上位机地址（2005）", "get the host's address (2005)"),
    1032: Text("设置上位机地址（2005）", "set the host's address (2005)"),
    1041: Text("提取上报时间（2005）", "get the time of reports (2005)"),
    1042: Text("设置上报时间（2005）", "set the time of reports (2005)"),
    1061: Text("提取实时数据间隔", "get the realtime interval"),
    1062: Text("设置实时数据间隔", "set the realtime interval"),
    1063: Text("提取分钟数据间隔", "get the minute interval"),
    1064: Text("设置分钟数据间隔", "set the minute interval"),
    1072: Text("设置访问密码", "set the password"),
    2011: Text("实时数据", "realtime data"),
    2012: Text("停止察看实时数据", "stop realtime data"),
    2013: Text("原始数据（2025）", "raw data (2025)"),
    2021: Text("设施运行状态", "state of facilities"),
    2022: Text("停止察看设施状态", "stop the state of facilities"),
    2031: Text("日历史数据", "day data"),
    2041: Text("设施日运行时间", "hours that facilities ran in the day"),
    2051: Text("分钟数据", "minute data"),
    2052: Text("噪声事件（2025）", "a noise event (2025)"),
    2061: Text("小时数据", "hour data"),
    2062: Text("自动标样核查", "automatic check with a standard"),
    2063: Text("加标回收（地表水）", "spike recovery (surface water)"),
    2064: Text("平行样（地表水）", "parallel sample (surface water)"),
    2065: Text("零点核查（地表水）", "zero check (surface water)"),
    2066: Text("跨度核查（地表水）", "span check (surface water)"),
    2071: Text("报警记录（2005）", "alarm records (2005)"),
    2072: Text("报警事件（2005）", "an alarm (2005)"),
    2081: Text("数采仪开机时间", "boot time of the logger"),
    2111: Text("炉温5分钟均值（2025）", "five-minute means of a furnace (2025)"),
    3011: Text("零点与量程校准", "zero and span calibration"),
    3012: Text("即时采样", "take a sample now"),
    3013: Text("清洗/反吹", "clean or blow back"),
    3014: Text("比对采样", "comparison sample"),
    3015: Text("超标留样", "keep a sample after exceedance"),
    3016: Text("设置采样周期", "set the sampling cycle"),
    3017: Text("提取采样周期", "get the sampling cycle"),
    3018: Text("提取出样时间", "time until a sample's result"),
    3019: Text("设备唯一标识", "unique id of an analyser"),
    3020: Text("现场机信息", "information of the site"),
    3021: Text("设置现场机参数", "set a parameter of the site"),
    3022: Text("即时留样（2025）", "keep a sample now (2025)"),
    3024: Text("启动标样核查（2025）", "start a check with a standard (2025)"),
    9011: Text("请求应答", "answer: request accepted or not"),
    9012: Text("执行结果", "answer: result of a request"),
    9013: Text("通知应答", "answer to a notice"),
    9014: Text("数据应答", "answer to data"),
    9015: Text("心跳（2025、地表水）", "heartbeat (2025, surface water)"),
    9021: Text("心跳或登录（厂商）", "heartbeat or login (makers)"),
}
"""What each command means. Those of the surface-water protocol that clash with 2025 bear both senses by the edition."""

_SURFACE_WATER = frozenset({*range(3042, 3047), 3056, *range(3080, 3087), 3100})

HEARTBEATS = frozenset({9015, 9021})
"""Frames that say only that a device is there; they hold nothing to be kept."""
ANSWERS = frozenset({9011, 9012, 9013, 9014})
NOTICES = frozenset({1013, 9015, 9021})
"""What a device sends as a notice: answered with 9013. All else is data, answered with 9014."""
NOTICES_OF_HOST = frozenset({2012, 2022})
"""Notices of the platform, answered by a device with 9013 and nothing more."""

READY, REFUSED, WRONG_PASSWORD, WRONG_DEVICE, WRONG_COMMAND = 1, 2, 3, 4, 8
QN_RESULTS: dict[int, Text] = {
    1: Text("准备执行请求", "ready"),
    2: Text("请求被拒绝", "refused"),
    3: Text("PW错误", "wrong password"),
    4: Text("MN错误", "wrong MN"),
    5: Text("ST错误", "wrong ST"),
    6: Text("Flag错误", "wrong Flag"),
    7: Text("QN错误", "wrong QN"),
    8: Text("CN错误", "wrong CN"),
    9: Text("CRC错误（地表水：忙）", "wrong checksum (surface water: busy)"),
    99: Text("CRC错误（地表水）", "wrong checksum (surface water)"),
    100: Text("未知错误", "unknown"),
}
"""QnRtn, what a device says of a request."""
DONE, FAILED, CONDITION, TIME_OUT, BUSY, FAULT, NO_DATA = 1, 2, 3, 4, 5, 6, 100
EXE_RESULTS: dict[int, Text] = {
    1: Text("执行成功", "done"),
    2: Text("执行失败，原因不明", "failed, reason unknown"),
    3: Text("命令请求条件错误", "wrong condition"),
    4: Text("通讯超时", "time-out"),
    5: Text("系统繁忙", "busy"),
    6: Text("系统故障", "fault"),
    100: Text("没有数据", "no data"),
}
"""ExeRtn, what came of a request."""


def known_command(command: int, edition: str) -> bool:
    """Whether any edition knows a command; those of surface water only there."""
    return command in COMMANDS or (edition == "surface_water" and command in _SURFACE_WATER)


VERSION_BITS = {"2005": 0, "2017": 4, "2025": 8, "surface_water": 8}
"""The upper bits of the Flag by edition."""
