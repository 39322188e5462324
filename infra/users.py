"""Who may use the management API, where the company has no identity provider of its own for it."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.settings import Jwt

# What a person may do there; each role is a group of the pool, and appears in `cognito:groups` of the token.
ROLES = {
    "viewer": "sees people, decisions and reports",
    "author": "writes definitions",
    "approver": "puts definitions into effect",
    "staff": "does tasks: calls people, serves them in a shop",
    "privacy": "exports and erases people",
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are accepted, and for whom they must be meant."""

    url: str
    audience: tuple[str, ...]

    @classmethod
    def of(cls, jwt: Jwt) -> Issuer:
        return cls(url=jwt.issuer, audience=jwt.audience)


class Users(Construct):
    """A pool whose users are invited, sign in by e-mail address, and carry their roles in their token."""

    def __init__(self, scope: Construct, *, keep: bool, mfa: bool) -> None:
        super().__init__(scope, "Users")
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.REQUIRED if mfa else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=keep,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )
        self.client = self.pool.add_client(
            "Client",
            auth_flows=cognito.AuthFlow(user_srp=True, admin_user_password=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.hours(12),
        )
        for role, may in ROLES.items():
            cognito.CfnUserPoolGroup(
                self, role.title(), user_pool_id=self.pool.user_pool_id, group_name=role, description=may
            )

    @property
    def issuer(self) -> Issuer:
        url = f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}/{self.pool.user_pool_id}"
        return Issuer(url=url, audience=(self.client.user_pool_client_id,))
