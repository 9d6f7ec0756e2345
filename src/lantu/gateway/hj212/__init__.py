"""HJ 212: how analysers and loggers at stacks, outfalls and sites report (污染物在线监控系统数据传输), by TCP and text.

Editions 2005, 2017 and 2025, and the surface-water protocol. `Hj212` is what the gateway uses; `read_packet` and
`contents_of` decode one frame for a page or a test, `Upload` and `frame_of` write frames, `Device` answers as a device.
"""

from lantu.gateway.hj212.device import Device
from lantu.gateway.hj212.oddities import ODDITIES, UNDECODED
from lantu.gateway.hj212.packet import Packet, read_packet
from lantu.gateway.hj212.policy import OPEN, DevicePolicy, Habits, OpenPolicy
from lantu.gateway.hj212.protocol import Hj212
from lantu.gateway.hj212.readings import Contents, Reading, contents_of
from lantu.gateway.hj212.requests import Request, history
from lantu.gateway.hj212.session import Hj212Session, Settings
from lantu.gateway.hj212.writing import Upload, data_segment, frame_of, frames_of

__all__ = [
    "ODDITIES",
    "OPEN",
    "UNDECODED",
    "Contents",
    "Device",
    "DevicePolicy",
    "Habits",
    "Hj212",
    "Hj212Session",
    "OpenPolicy",
    "Packet",
    "Reading",
    "Request",
    "Settings",
    "Upload",
    "contents_of",
    "data_segment",
    "frame_of",
    "frames_of",
    "history",
    "read_packet",
]
