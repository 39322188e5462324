"""The errors of SNS `Publish` that say for certain that nothing was taken (its API reference, "Errors")."""

from __future__ import annotations

from kizuna.adapters.senders.provider_calls import THROTTLED_FOR, ErrorClasses

OF_PUBLISH = ErrorClasses(
    later={"Throttling": THROTTLED_FOR, "ThrottlingException": THROTTLED_FOR, "KMSThrottling": THROTTLED_FOR},
    permanent=frozenset(
        {
            "InvalidParameter",
            "ParameterValueInvalid",
            "ValidationException",
            "ValidationError",
            "NotFound",
            "AuthorizationError",
            "InvalidSecurity",
            "KMSDisabled",
            "KMSInvalidState",
            "KMSNotFound",
            "KMSOptInRequired",
            "KMSAccessDenied",
        }
    ),
)
