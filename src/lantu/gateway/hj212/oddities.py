"""Every oddity by its name, explained for the people who look after a device."""

from __future__ import annotations

from lantu.base import Text

OF_FRAMES: dict[str, Text] = {
    # The frame
    "lf_only": Text("帧尾只有换行", "the frame ends with LF only"),
    "no_crlf": Text("帧尾缺回车换行", "the end CR LF is missing"),
    "junk": Text("帧外有多余字节", "bytes outside of frames"),
    "length_wrong": Text("长度与数据段不符", "the length is not that of the data segment"),
    "length_plus6": Text("长度多计校验码与帧尾", "the length counts checksum and end too"),
    "length_in_characters": Text("长度按字符计而非字节", "the length counts characters, not bytes"),
    "length_not_4_digits": Text("长度不是四位数字", "the length is not four digits"),
    "over_1024": Text("数据段超过1024字节且未拆分包", "more than 1,024 bytes in one data segment"),
    "crc_short": Text("校验码缺前导零", "the checksum lacks leading zeros"),
    "crc_lowercase": Text("校验码为小写", "the checksum is in lower case"),
    "crc_wrong": Text("校验码错误", "the checksum is wrong"),
    "crc_modbus": Text("误用MODBUS校验", "the checksum is CRC-16/MODBUS"),
    "crc_swapped": Text("校验码高低字节颠倒", "the bytes of the checksum are swapped"),
    "no_frame": Text("找不到完整的帧", "no whole frame after a header"),
    "no_closing": Text("缺结束符&&", "the closing && is missing"),
    "key_wrong": Text("密钥不符", "the key does not open the frame"),
    "sealed": Text("密文且无密钥", "ciphered, and no key is known"),
    "text_after_end": Text("结束符&&后还有内容", "text behind the closing &&"),
    # Header fields
    "header_order": Text("字段顺序异常", "header fields in another order"),
    "comma_in_header": Text("字段间用了逗号", "a comma between header fields"),
    "no_separator_before_cp": Text("CP前缺分号", "no separator before CP"),
    "unknown_header_field": Text("未知的头部字段", "an unknown header field"),
    "command_odd": Text("命令编码不是四位数字", "the command is not four digits"),
    "command_unknown": Text("未知的命令编码", "a command that no edition knows"),
    "qn_missing": Text("缺QN", "no QN"),
    "qn_14": Text("QN只有14位", "a QN of 14 digits"),
    "qn_epoch": Text("QN为毫秒时间戳", "a QN of 13 digits (milliseconds since 1970)"),
    "qn_odd": Text("QN格式异常", "a QN that is no time"),
    "qn_in_cp": Text("QN写在CP内", "the QN stands within CP"),
    "flag_missing": Text("缺Flag", "no Flag"),
    "flag_no_number": Text("Flag不是数字", "the Flag is no number"),
    "flag_over_15": Text("Flag大于15", "a Flag over 15"),
    "packets_missing": Text("Flag要求分包但缺PNUM", "the Flag says packets, but PNUM and PNO are missing"),
    "packets_unmarked": Text("有PNUM但Flag未标记", "PNUM without its bit in the Flag"),
    "packet_beyond_total": Text("PNO大于PNUM", "PNO beyond PNUM"),
    "mn_missing": Text("缺MN", "no MN"),
    "mn_length": Text("MN不是24位", "an MN that has not 24 characters"),
    "mn_changed": Text("同一连接中MN改变", "another MN in the same connection"),
    "st_missing": Text("缺ST", "no ST"),
    "password_wrong": Text("密码不符", "the password is not the one of the register"),
    "device_unknown": Text("未登记的设备", "a device that the register does not know"),
    "answer_wants_answer": Text("应答帧又要求应答", "an answer that wants an answer"),
    "answer_unasked": Text("未请求的应答", "an answer that nobody asked for"),
    "resent": Text("补传数据", "sent again later (RF=1)"),
    "repeated": Text("重发的报文", "sent again with the same QN"),
    # Times
    "clock": Text("设备时钟超前或被重置", "the clock of the device is ahead or was reset"),
    "clock_behind": Text("实时数据时间滞后", "realtime data of an earlier time"),
    "clock_zone": Text("时间相差8或12小时", "the time is off by 8 or 12 hours"),
}
"""Oddities of a frame, its header and its moment: named when the frame arrives."""

OF_CONTENTS: dict[str, Text] = {
    # Times
    "time_12": Text("时间只有12位", "a time of 12 digits"),
    "time_17": Text("时间有17位", "a time of 17 digits"),
    "hour_24": Text("24时", "hour 24"),
    "time_unreadable": Text("时间无法识别", "a time that cannot be read"),
    "impossible_time": Text("不存在的时间", "a time that does not exist"),
    # Content
    "gbk": Text("文本为GBK编码", "text in GBK instead of UTF-8"),
    "text_unreadable": Text("文本无法识别", "text in no known encoding"),
    "empty_item": Text("多余的分隔符", "an empty item (doubled or trailing separator)"),
    "stray_text": Text("没有等号的内容", "text without ="),
    "spaces": Text("名称或值前后有空格", "spaces around a name or value"),
    "comma_for_semicolon": Text("应为分号处用了逗号", "a comma where a semicolon belongs"),
    "semicolon_for_comma": Text("应为逗号处用了分号", "a semicolon where a comma belongs"),
    "case_of_name": Text("字段名大小写异常", "a name in unusual case"),
    "unknown_item": Text("未知的字段", "an unknown item"),
    "unknown_suffix": Text("未知的后缀", "an unknown suffix"),
    "code_2005": Text("使用2005版因子编码", "a factor code of 2005"),
    "code_case": Text("因子编码大小写异常", "a factor code in unusual case"),
    "code_without_letter": Text("因子编码缺字母", "a factor code without its letter"),
    "code_of_maker": Text("厂商自定义的因子名", "a maker's own name of a factor"),
    "code_unknown": Text("未列入标准的因子编码", "a factor code that is in no list"),
    "factor_conflict": Text("同一因子有不同的值", "other values of the same factor in one frame"),
    "factor_repeated": Text("同一因子重复", "the same factor twice"),
    "factor_not_allowed": Text("未登记的因子", "a factor that is not registered for the device"),
    "flag_lowercase": Text("数据标记为小写", "a data flag in lower case"),
    "flag_unknown": Text("未知的数据标记", "an unknown data flag"),
    "value_missing": Text("值为空或占位符", "no value"),
    "value_no_number": Text("值不是数字", "a value that is no number"),
    "decimal_comma": Text("逗号作小数点", "a comma as decimal point"),
    "full_width": Text("全角数字", "full-width digits"),
    "exponent": Text("科学计数法", "a number with exponent"),
    "plus_sign": Text("数字带正号", "a number with a plus sign"),
    "many_decimals": Text("小数位过多", "more than six decimals"),
    "information_without_slashes": Text("信息未用//括起", "information without // around it"),
    # Sub-packets
    "sub_packet_incomplete": Text("分包不完整", "a sub-packet whose others never came"),
    "sub_packet_total_differs": Text("各分包的总数不同", "sub-packets that differ in their total"),
    "sub_packet_repeated": Text("分包重复", "a sub-packet came twice"),
    "sub_packet_order": Text("分包次序错乱", "sub-packets out of order"),
    "sub_packet_cut": Text("因子组被分包切断", "a factor group cut by the packets"),
}
"""Oddities of what a frame says: named when it is decoded, in the table `oddities`."""

ODDITIES = OF_FRAMES | OF_CONTENTS
"""What each oddity means, by its name."""

UNDECODED: dict[str, Text] = {
    **{name: ODDITIES[name] for name in (
        "no_frame", "crc_wrong", "crc_modbus", "crc_swapped", "no_closing", "key_wrong", "sealed",
        "packet_beyond_total", "impossible_time", "clock",
    )},
    "no_time": Text("没有数据时间", "readings without a time"),
    "no_readings": Text("没有监测数据", "nothing that belongs into a table"),
    "joined": Text("已并入前一分包", "joined with an earlier sub-packet, whose rows hold its values"),
}  # fmt: skip
"""Why a kept frame gave no rows, by the reason that decoding names."""
