"""People, their invitations, and oneself."""

from typing import Any, cast

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.ordering import Ordering
from core.api.permissions import PUBLIC, SIGNED_IN
from core.api.requests import actor_of
from core.api.views import DomainViewSet, ListMixin, RetrieveMixin
from rbac.api.serializers import (
    AcceptedSerializer,
    AcceptInvitationSerializer,
    InvitationRequestSerializer,
    InvitationSerializer,
    MeSerializer,
    OwnProfileSerializer,
    UserSerializer,
)
from rbac.selectors import approval_limit, discount_limit, roles_by_user, roles_of
from rbac.services import deactivate_user, invite_person
from users.models import Invitation, User
from users.selectors import list_invitations, list_users
from users.services import (
    accept_invitation,
    change_user,
    has_mfa,
    reactivate_user,
    resend_invitation,
    withdraw_invitation,
)

NOTHING = OpenApiResponse(description="Done")


class UserViewSet(ListMixin, RetrieveMixin, DomainViewSet):
    """The people of the pharmacy."""

    permissions = {
        "list": "users.view_user",
        "retrieve": "users.view_user",
        "partial_update": "users.change_user",
        "deactivate": "users.deactivate_user",
        "reactivate": "users.deactivate_user",
    }
    serializer_class = UserSerializer
    queryset = User.objects.none()
    filter_backends = [DjangoFilterBackend, SearchFilter, Ordering]
    filterset_fields = ["is_active", "email"]
    search_fields = ["name", "email"]

    def get_queryset(self) -> QuerySet[User]:
        return list_users()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """With the roles of everybody shown, read at once."""
        shown = args[0] if args else []
        people = [shown] if isinstance(shown, User) else list(shown)
        kwargs["context"] = {
            **self.get_serializer_context(),
            "roles_by_user": roles_by_user(user.pk for user in people),
        }
        if kwargs.get("many"):
            args = (people, *args[1:])
        return UserSerializer(*args, **kwargs)

    def _answer(self, user: User) -> Response:
        return Response(self.get_serializer(user).data)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, phone, language, or admission to the workbench."""
        user = self.get_object()
        form = UserSerializer(user, data=request.data, partial=True, context={"roles_by_user": {}})
        form.is_valid(raise_exception=True)
        return self._answer(
            change_user(user_id=user.pk, changes=form.validated_data, actor=actor_of(request))
        )

    @extend_schema(request=None, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Close an account: its sessions and keys stop at once. The last owner stays (409 `last_owner`)."""
        return self._answer(deactivate_user(user_id=self.get_object().pk, actor=actor_of(request)))

    @extend_schema(request=None, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, pk: str) -> Response:
        """Open a closed account again."""
        return self._answer(reactivate_user(user_id=self.get_object().pk, actor=actor_of(request)))


class InvitationViewSet(ListMixin, RetrieveMixin, DomainViewSet):
    """Invitations by e-mail."""

    permissions = {
        "list": "users.view_invitation",
        "retrieve": "users.view_invitation",
        "create": "users.invite_user",
        "resend": "users.invite_user",
        "destroy": "users.invite_user",
        "accept": PUBLIC,
    }
    serializer_class = InvitationSerializer
    queryset = Invitation.objects.none()

    def get_queryset(self) -> QuerySet[Invitation]:
        return list_invitations()

    @extend_schema(request=InvitationRequestSerializer, responses={201: InvitationSerializer})
    def create(self, request: Request) -> Response:
        """Invite somebody: they get a link by mail that sets their password."""
        form = InvitationRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        invitation = invite_person(**form.validated_data, actor=actor_of(request))
        return self.answer(invitation, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={201: InvitationSerializer})
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """The old link stops working; a new one is mailed."""
        invitation = resend_invitation(invitation_id=self.get_object().pk, actor=actor_of(request))
        return self.answer(invitation, status_code=status.HTTP_201_CREATED)

    @extend_schema(responses={204: NOTHING})
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw: the link stops working."""
        withdraw_invitation(invitation_id=self.get_object().pk, actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=AcceptInvitationSerializer, responses=AcceptedSerializer)
    @action(detail=False, methods=["post"], authentication_classes=[])
    def accept(self, request: Request) -> Response:
        """Set the password by the link, then sign in."""
        form = AcceptInvitationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(AcceptedSerializer(accept_invitation(**form.validated_data)).data)


class MeViewSet(DomainViewSet):
    """Oneself."""

    permissions = {"*": SIGNED_IN}
    serializer_class = MeSerializer

    @extend_schema(request=OwnProfileSerializer, responses=MeSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change one's own name, phone or language."""
        form = OwnProfileSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        person = cast("User", request.user)
        changed = change_user(user_id=person.pk, changes=form.validated_data, actor=actor_of(request))
        person.name, person.language = changed.name, changed.language
        return self.retrieve(request)

    @extend_schema(responses=MeSerializer)
    def retrieve(self, request: Request) -> Response:
        """Who asks, with roles, permissions and limits: what a client shows and hides by."""
        user = cast("User", request.user)
        limit, discount = approval_limit(user.pk), discount_limit(user.pk)
        codes = user.get_all_permissions()
        narrowed = user.permission_scopes
        body = {
            "id": user.pk,
            "email": user.email,
            "name": user.name,
            "language": user.language,
            "roles": roles_of(user_id=user.pk),
            "permissions": sorted(codes if narrowed is None else codes & narrowed),
            "limits": {
                "approval": None if limit is None else f"{limit:f}",
                "discount_percent": None if discount is None else f"{discount:f}",
            },
            "mfa": has_mfa(user_id=user.pk),
        }
        return Response(MeSerializer(body).data)
