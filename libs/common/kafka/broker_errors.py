"""What the brokers answer, in errors of ours: away, which passes, or refused, which does not."""

import re

from aiokafka import errors
from aiokafka.errors import KafkaError

from libs.common.errors import Code, SluiceError, UnavailableError

_AWAY = (errors.KafkaConnectionError, errors.KafkaTimeoutError, errors.NodeNotReadyError)
_NOT_REACHED = "Unable to get cluster metadata"
_FORBIDDEN = (
    errors.AuthenticationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.SaslAuthenticationFailed,
    errors.TopicAuthorizationFailedError,
)


def as_ours(error: KafkaError, where: str) -> SluiceError:
    """UnavailableError broker_unavailable for what passes by itself; else broker_refused, and a way out.

    A producer that the brokers have fenced, or lost the place of, stays refused; its process goes on well
    when it is started again.
    """
    kind, message = _kind(error), str(error.args[0]) if error.args else ""
    if issubclass(kind, _AWAY) or message.startswith(_NOT_REACHED):
        return UnavailableError(Code.BROKER_UNAVAILABLE, f"no Kafka broker answers at {where}")
    if kind.retriable:
        return UnavailableError(Code.BROKER_UNAVAILABLE, f"Kafka cannot do it now ({kind.__name__})")
    name = f"{kind.__name__}: {message}" if message and type(error) is kind else kind.__name__
    if issubclass(kind, _FORBIDDEN):
        return SluiceError(
            Code.BROKER_REFUSED,
            f"Kafka forbids it ({name}): the user of KAFKA_SASL_USERNAME, or of the client certificate, must "
            "be allowed to describe, read and write the topics and groups of this TOPIC_PREFIX",
        )
    return SluiceError(
        Code.BROKER_REFUSED,
        f"Kafka refuses to go on with this process ({name}): start it again; what it had not committed is "
        "then done again",
    )


def _kind(error: KafkaError) -> type[KafkaError]:
    """What kind of error it is; some come as the bare base class, with the kind in their text."""
    if type(error) is KafkaError and error.args and (found := re.match(r"\w+", str(error.args[0]))):
        meant = getattr(errors, found[0], KafkaError)
        if isinstance(meant, type) and issubclass(meant, KafkaError):
            return meant
    return type(error)
