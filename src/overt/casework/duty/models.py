"""What the commands on duty take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DutyView", "NewDuty"]

_MODEL = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class NewDuty(BaseModel):
    """How an officer on duty is called, or where they stand."""

    model_config = _MODEL

    call_sign: Annotated[
        str, Field(max_length=60, description="A call sign, or where, in a few words. It is sealed.")
    ] = ""


class DutyView(BaseModel):
    """An officer's time on duty in a deployment."""

    model_config = _MODEL

    id: str
    deployment_id: str
    officer_id: str
    officer_name: Annotated[str, Field(description="Full name and username.")]
    call_sign: Annotated[str | None, Field(description="Null once deleted, as its time was over.")]
    began_at: datetime
    ended_at: Annotated[datetime | None, Field(description="Null while on duty.")]
    end_reason: Annotated[
        Literal["left", "elsewhere", "deployment"] | None,
        Field(
            description="left: by the officer; elsewhere: they began in another deployment; deployment: it was over."
        ),
    ]
