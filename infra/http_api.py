"""The HTTP API: the routes of the topology, and nothing in front of a function that could answer for it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.log_groups import log_group
from infra.settings import Domain, StageConfig
from infra.users import Issuer
from kizuna.topology import ROUTES, Function

# What the access log keeps of a request. The route and not the path, and no query string: paths carry the
# tokens of signed links, queries write keys, and an IP address is personal data.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integrationLatency",
    "functionStatus": "$context.integration.status",
    "error": "$context.error.messageString",
    "authorizerError": "$context.authorizer.error",
}


class HttpApi(Construct):
    """Answers CORS nowhere by itself: a gateway that did would answer every OPTIONS, with headers of its own."""

    def __init__(self, scope: Construct, *, config: StageConfig) -> None:
        super().__init__(scope, "Http")
        self.api = gateway.HttpApi(
            self, "Api", description="Kizuna: events in, links, management", create_default_stage=False
        )
        group = log_group(self, days=config.log_days)
        self._stage = gateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=group.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=config.requests_per_second, throttling_burst_limit=config.request_burst
            ),
        )
        self.open_routes: list[gateway.HttpRoute] = []
        self.domain = self._domain(config.domain) if config.domain else None

    @property
    def url(self) -> str:
        """Where the API answers, without a slash at the end."""
        return self.api.api_endpoint

    def connect(self, functions: Mapping[Function, lambda_.IFunction], *, issuer: Issuer) -> None:
        """Add every route of the topology, those for managers behind the issuer's tokens."""
        authorizer = authorizers.HttpJwtAuthorizer("Managers", issuer.url, jwt_audience=list(issuer.audience))
        used = {route.function for route in ROUTES}
        handlers = {
            name: integrations.HttpLambdaIntegration(name.value.title(), function)
            for name, function in functions.items()
            if name in used
        }
        for route in ROUTES:
            if route.path == "$default":
                self._take_the_rest(handlers[route.function])
                continue
            added = self.api.add_routes(
                path=route.path,
                methods=[gateway.HttpMethod[route.method]],
                integration=handlers[route.function],
                authorizer=authorizer if route.auth == "jwt" else None,
            )
            self.open_routes += added if route.auth == "none" else []

    def _take_the_rest(self, integration: integrations.HttpLambdaIntegration) -> None:
        key = gateway.HttpRouteKey.DEFAULT
        self.open_routes.append(
            gateway.HttpRoute(self, "Default", http_api=self.api, route_key=key, integration=integration)
        )

    def _domain(self, domain: Domain) -> gateway.CfnDomainName:
        name = gateway.CfnDomainName(
            self,
            "Domain",
            domain_name=domain.name,
            domain_name_configurations=[
                gateway.CfnDomainName.DomainNameConfigurationProperty(
                    certificate_arn=domain.certificate, endpoint_type="REGIONAL", security_policy="TLS_1_2"
                )
            ],
        )
        gateway.CfnApiMapping(
            self, "Mapping", api_id=self.api.api_id, domain_name=name.ref, stage=self._stage.ref
        )
        return name
