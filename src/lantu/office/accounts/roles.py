"""The seven roles (角色). What a role may see and do is decided in `office.rights` alone."""

from __future__ import annotations

from enum import StrEnum

from lantu.base import Text


class Role(StrEnum):
    """A role of the office; somebody who has not signed in has the role `public`."""

    COORDINATOR = "coordinator"
    DEPARTMENT = "department"
    DISTRICT = "district"
    STREET = "street"
    ENTERPRISE = "enterprise"
    AUDITOR = "auditor"
    PUBLIC = "public"

    @property
    def words(self) -> Text:
        return _TITLES[self]


_TITLES = {
    Role.COORDINATOR: Text("市级统筹", "city coordinator"),
    Role.DEPARTMENT: Text("市级部门", "department officer"),
    Role.DISTRICT: Text("区级人员", "district officer"),
    Role.STREET: Text("街道（乡镇）人员", "street officer"),
    Role.ENTERPRISE: Text("企业", "enterprise"),
    Role.AUDITOR: Text("审计监督", "auditor"),
    Role.PUBLIC: Text("公众", "public"),
}
