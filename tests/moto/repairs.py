"""What moto 5.2.5 answers differently from AWS and our tests would notice, put right.

Each repair is one method of moto replaced, with its reason. They reach into moto's private
classes: look at them again whenever its pinned version changes. What is still wrong, and not worth
a repair, is listed with the contract tests.
"""

import base64
import binascii
import copy
import json
import re

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses.dhcp_options import DHCPOptions
from moto.ec2.responses.subnets import Subnets
from moto.iam import models
from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceededException,
    MalformedPolicyDocument,
    NotFoundException,
    ValidationError,
)
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.iam.responses import IamResponse

# How many items a listing answers at most, whatever it is asked for. IAM, too, may answer fewer
# than it is asked for; few of them make every listing of a test come in parts.
PAGE_SIZE = 5

# The policies of AWS that accounts have: moto loads all 1,582 for each account, or none.
POLICIES_OF_AWS = (
    "AdministratorAccess",
    "AmazonEBSCSIDriverPolicy",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonRoute53FullAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonVPCFullAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchLogsFullAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "ViewOnlyAccess",
)

_known = json.loads(models.aws_managed_policies_data)
_OF_AWS = {name: _known[name] for name in POLICIES_OF_AWS if name in _known}
del _known


def replaces(owner):
    """Puts a function in the place of the method of its name; it is given that method first."""

    def put(function):
        original = getattr(owner, function.__name__)

        def method(self, *args, **kwargs):
            return function(original, self, *args, **kwargs)

        setattr(owner, function.__name__, method)
        return function

    return put


# ------------------------------------------------------------------------------------------- names


def check_name(what, name, longest):
    if not re.fullmatch(r"[\w+=,.@-]{1,%d}" % longest, name or "", re.ASCII):
        raise ValidationError(
            f"The specified value for {what} is invalid: 1 to {longest} of [\\w+=,.@-]"
        )


def by_name(things, name):
    return next((thing for thing in things if thing.name.lower() == name.lower()), None)


@replaces(IAMBackend)
def get_role(original, self, role_name):
    # Names that differ in case are one name.
    found = by_name(self.get_roles(), role_name)
    return original(self, found.name if found else role_name)


@replaces(IAMBackend)
def get_instance_profile(original, self, profile_name):
    # Names that differ in case are one name.
    found = by_name(self.get_instance_profiles(), profile_name)
    return original(self, found.name if found else profile_name)


# ------------------------------------------------------------------------------------------- roles


@replaces(IAMBackend)
def create_role(
    original, self, role_name, assume_role_policy_document, path, permissions_boundary,
    description, tags, *args, **kwargs,
):
    # moto checks neither name, nor trust document, nor that the boundary exists.
    check_name("roleName", role_name, 64)
    if by_name(self.get_roles(), role_name):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    check_trust(self, assume_role_policy_document)
    if permissions_boundary:
        check_boundary(self, permissions_boundary)
    return original(
        self, role_name, assume_role_policy_document, path, permissions_boundary, description,
        merge_tags([], tags), *args, **kwargs,
    )


@replaces(IAMBackend)
def update_assume_role_policy(original, self, role_name, policy_document):
    # moto limits no size and takes any principal.
    self.get_role(role_name)
    check_trust(self, policy_document)
    return original(self, role_name, policy_document)


@replaces(IAMBackend)
def put_role_permissions_boundary(original, self, role_name, permissions_boundary):
    # moto takes a boundary that does not exist.
    self.get_role(role_name)
    check_boundary(self, permissions_boundary)
    return original(self, role_name, permissions_boundary)


@replaces(IAMBackend)
def delete_role_permissions_boundary(original, self, role_name):
    # moto deletes what is not there.
    if not self.get_role(role_name).permissions_boundary_arn:
        raise NotFoundException(f"The role with name {role_name} has no permissions boundary.")
    return original(self, role_name)


def check_boundary(backend, arn):
    check_policy_arn(arn)
    if arn not in backend.managed_policies:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")


def check_trust(backend, document):
    statements = read_statements(document)
    for statement in statements:
        if "Resource" in statement or "NotResource" in statement:
            raise MalformedPolicyDocument("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise MalformedPolicyDocument("Missing required field Principal")
        if "Action" not in statement and "NotAction" not in statement:
            raise MalformedPolicyDocument("Missing required field Action")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedPolicyDocument("Syntax errors in policy.")
        principal = statement.get("Principal")
        arns = principal.get("AWS", []) if isinstance(principal, dict) else []
        for arn in [arns] if isinstance(arns, str) else arns:
            ours = re.fullmatch(rf"arn:[\w-]+:iam::{backend.account_id}:role/(.*/)?([^/]+)", arn)
            if ours and not by_name(backend.get_roles(), ours[2]):
                raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{arn}"')
    if size(document) > 2048:
        raise LimitExceededException("Cannot exceed quota for ACLSizePerRole: 2048")


def read_statements(document):
    try:
        document = json.loads(document)
    except ValueError:
        raise MalformedPolicyDocument("This policy contains invalid Json")
    statements = document.get("Statement") if isinstance(document, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not statements:
        raise MalformedPolicyDocument("Syntax errors in policy.")
    return statements


def size(document):
    """The characters of a document that count: those that are not white space."""
    return len("".join(document.split()))


# ------------------------------------------------------------------------------- a role's policies


@replaces(IAMBackend)
def put_role_policy(original, self, role_name, policy_name, policy_json):
    # moto limits neither name nor size, and takes a principal.
    role = self.get_role(role_name)
    check_name("policyName", policy_name, 128)
    check_identity(policy_json)
    others = [text for name, text in role.policies.items() if name != policy_name]
    if sum(map(size, [policy_json, *others])) > 10240:
        raise LimitExceededException(
            f"Maximum policy size of 10240 bytes exceeded for role {role_name}"
        )
    return original(self, role_name, policy_name, policy_json)


def check_identity(document):
    for statement in read_statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise MalformedPolicyDocument("Policy document should not specify a principal.")
        if not re.fullmatch("[A-Za-z0-9]*", statement.get("Sid", "")):
            raise MalformedPolicyDocument("Statement IDs (SID) must be alpha-numeric.")


@replaces(IAMBackend)
def attach_role_policy(original, self, policy_arn, role_name):
    # moto attaches any number and takes any text for an ARN that is not there.
    role = self.get_role(role_name)
    check_policy_arn(policy_arn)
    attached = role.managed_policies
    if policy_arn in self.managed_policies and policy_arn not in attached and len(attached) >= 10:
        raise LimitExceededException("Cannot exceed quota for PoliciesPerRole: 10")
    return original(self, policy_arn, role_name)


@replaces(IAMBackend)
def detach_role_policy(original, self, policy_arn, role_name):
    # moto takes any text for an ARN that is not there.
    self.get_role(role_name)
    check_policy_arn(policy_arn)
    return original(self, policy_arn, role_name)


def check_policy_arn(arn):
    if len(arn) < 20:
        raise ValidationError(f"Value '{arn}' at 'policyArn' is shorter than 20 characters")
    if not re.fullmatch(r"arn:[\w-]+:iam::(aws|\d{12}):policy/([!-~]*/)?[\w+=,.@-]{1,128}", arn):
        raise InvalidInput(f"ARN {arn} is not valid.")


@replaces(IAMBackend)
def create_policy(original, self, description, path, policy_document, policy_name, tags):
    # moto checks neither name, nor path, nor size, and takes a name again under another path.
    check_name("policyName", policy_name, 128)
    path = path or "/"
    if not re.fullmatch(r"((/[A-Za-z0-9.,+@=_-]+)*)/", path):
        raise ValidationError(f"The specified value for path is invalid: {path}")
    own = [p for p in self.managed_policies.values() if not isinstance(p, AWSManagedPolicy)]
    if by_name(own, policy_name):
        raise EntityAlreadyExists(f"A policy called {policy_name} already exists.")
    check_managed(policy_document)
    return original(self, description, path, policy_document, policy_name, merge_tags([], tags))


@replaces(IAMBackend)
def create_policy_version(original, self, policy_arn, policy_document, set_as_default):
    # moto limits no size.
    self.get_policy(policy_arn)
    check_managed(policy_document)
    return original(self, policy_arn, policy_document, set_as_default)


@replaces(IAMBackend)
def delete_policy(original, self, policy_arn):
    # moto deletes what is attached, bounds a role, or has several versions.
    policy = self.get_policy(policy_arn)
    bounds = any(role.permissions_boundary_arn == policy_arn for role in self.get_roles())
    if policy.attachment_count or bounds:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException("This policy has more than one version.")
    return original(self, policy_arn)


@replaces(IAMBackend)
def tag_policy(_, self, policy_arn, tags):
    # moto takes `aws:` and more than 50 in all.
    policy = self.get_policy(policy_arn)
    self._tag_verification(tags)
    merged = merge_tags(list(policy.tags.values()), tags)
    policy.tags = {tag["Key"].lower(): tag for tag in merged}


def check_managed(document):
    check_identity(document)
    if size(document) > 6144:
        raise LimitExceededException("Cannot exceed quota for PolicySize: 6144")


@replaces(IAMBackend)
def _init_aws_policies(_, self):
    # A handful for every account, rather than 1,582 or none.
    return [
        AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
        for name, data in _OF_AWS.items()
    ]


# -------------------------------------------------------------------------------- instance profiles


@replaces(IAMBackend)
def create_instance_profile(original, self, name, path, role_names, tags=None):
    # moto checks neither name nor tags, and makes ids that do not start with AIPA.
    check_name("instanceProfileName", name, 128)
    if by_name(self.get_instance_profiles(), name):
        raise EntityAlreadyExists(f"Instance Profile {name} already exists.")
    self._tag_verification(tags or [])
    profile = original(self, name, path, role_names, merge_tags([], tags or []))
    profile.id = "AIPA" + profile.id[-17:].upper()
    return profile


@replaces(IAMBackend)
def delete_instance_profile(original, self, name, *args, **kwargs):
    # moto finds it by exact case only.
    return original(self, self.get_instance_profile(name).name, *args, **kwargs)


@replaces(IAMBackend)
def remove_role_from_instance_profile(original, self, profile_name, role_name):
    # moto breaks on a role that is not in the profile.
    if self.get_role(role_name) not in self.get_instance_profile(profile_name).roles:
        raise NotFoundException(
            f"Role {role_name} in Instance Profile {profile_name} cannot be found."
        )
    return original(self, profile_name, role_name)


@replaces(IAMBackend)
def get_instance_profiles_for_role(original, self, role_name):
    # moto takes a role that does not exist.
    return original(self, self.get_role(role_name).name)


# -------------------------------------------------------------------------------------------- tags


@replaces(IAMBackend)
def _tag_verification(original, self, tags):
    # moto takes any characters in values.
    for tag in tags:
        if not re.fullmatch(r"[\w\s.:/=+\-@]*", tag["Value"]):
            raise ValidationError(f"Value '{tag['Value']}' at 'tags.member.value' is invalid")
    return original(self, tags)


def merge_tags(there, new):
    """`there` with `new` over it; keys that differ in case are one key."""
    if any(tag["Key"].lower().startswith("aws:") for tag in new):
        raise InvalidInput("Tag keys must not start with aws:")
    keys = {tag["Key"].lower() for tag in new}
    merged = [tag for tag in there if tag["Key"].lower() not in keys] + new
    if there and len(merged) > 50:
        raise LimitExceededException("The number of tags has reached the maximum limit: 50")
    return merged


@replaces(IAMBackend)
def tag_role(_, self, role_name, tags):
    # moto takes `aws:`, more than 50 in all, and keys that differ in case.
    role = self.get_role(role_name)
    self._tag_verification(tags)
    role.tags = merge_tags(role.tags, tags)


@replaces(IAMBackend)
def tag_instance_profile(_, self, instance_profile_name, tags):
    # moto checks nothing.
    profile = self.get_instance_profile(instance_profile_name)
    self._tag_verification(tags)
    profile.tags = merge_tags(profile.tags, tags)


# --------------------------------------------------------------------- OpenID Connect providers


def check_thumbprints(thumbprints):
    for thumbprint in thumbprints:
        if not re.fullmatch("[0-9A-Fa-f]{40}", thumbprint):
            raise ValidationError(f"Value '{thumbprint}' at 'thumbprintList' is invalid")
    if len(thumbprints) > 5:
        raise InvalidInput("Thumbprint list must contain fewer than 5 entries.")


@replaces(IAMBackend)
def create_open_id_connect_provider(
    original, self, url, thumbprint_list, client_id_list, tags
):
    # moto takes http://, short thumbprints and tags of AWS.
    if not url.startswith("https://"):
        raise ValidationError("Invalid Open ID Connect Provider URL")
    check_thumbprints(thumbprint_list)
    return original(self, url, thumbprint_list, client_id_list, merge_tags([], tags))


@replaces(IAMBackend)
def update_open_id_connect_provider_thumbprint(original, self, arn, thumbprint_list):
    # moto checks nothing.
    self.get_open_id_connect_provider(arn)
    check_thumbprints(thumbprint_list)
    return original(self, arn, thumbprint_list)


@replaces(IAMBackend)
def tag_open_id_connect_provider(_, self, arn, tags):
    # moto takes `aws:` and more than 50 in all.
    provider = self.get_open_id_connect_provider(arn)
    self._tag_verification(tags)
    merged = merge_tags(list(provider.tags.values()), tags)
    provider.tags = {tag["Key"].lower(): tag for tag in merged}


def add_client_id_to_open_id_connect_provider(self):
    # moto lacks it.
    provider = self.backend.get_open_id_connect_provider(
        self._get_param("OpenIDConnectProviderArn")
    )
    client_id = self._get_param("ClientID")
    others = [known for known in provider.client_id_list if known != client_id]
    provider._validate(f"https://{provider.url}", [], [*others, client_id])
    provider.client_id_list = [*others, client_id]
    return EmptyResult()


def remove_client_id_from_open_id_connect_provider(self):
    # moto lacks it.
    provider = self.backend.get_open_id_connect_provider(
        self._get_param("OpenIDConnectProviderArn")
    )
    client_id = self._get_param("ClientID")
    provider.client_id_list = [known for known in provider.client_id_list if known != client_id]
    return EmptyResult()


for _lacking in (
    add_client_id_to_open_id_connect_provider,
    remove_client_id_from_open_id_connect_provider,
):
    setattr(IamResponse, _lacking.__name__, _lacking)


# ---------------------------------------------------------------------------------------- listings


def listing(response, key, items, name, shape):
    """A part of `items` in order of `name`, after the one that the marker stands for.

    moto has no order, ignores MaxItems in some listings, and breaks on a marker made up.
    """
    after = ""
    if marker := response._get_param("Marker"):
        try:
            after = base64.b64decode(marker, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise ValidationError(f"Invalid Marker: {marker}")
    rest = [item for item in items if name(item).lower() > after]
    rest.sort(key=lambda item: name(item).lower())
    part = rest[: min(PAGE_SIZE, int(response._get_param("MaxItems", 100)))]
    more = len(part) < len(rest)
    answer = {key: [shape(item) for item in part], "IsTruncated": more}
    if more:
        answer["Marker"] = base64.b64encode(name(part[-1]).lower().encode()).decode()
    return ActionResult(answer)


def name_of(thing):
    return thing.name


def untagged(thing):
    """Listings leave the tags out."""
    thing = copy.copy(thing)
    thing.tags = []
    return thing


@replaces(IamResponse)
def list_roles(_, self):
    prefix = self._get_param("PathPrefix", "/")
    roles = [role for role in self.backend.get_roles() if role.path.startswith(prefix)]
    return listing(self, "Roles", roles, name_of, untagged)


@replaces(IamResponse)
def list_role_policies(_, self):
    names = self.backend.list_role_policies(self._get_param("RoleName"))
    return listing(self, "PolicyNames", names, str, str)


@replaces(IamResponse)
def list_attached_role_policies(_, self):
    prefix = self._get_param("PathPrefix", "/")
    role = self.backend.get_role(self._get_param("RoleName"))
    policies = [p for p in role.managed_policies.values() if p.path.startswith(prefix)]
    return listing(
        self, "AttachedPolicies", policies, name_of,
        lambda policy: {"PolicyName": policy.name, "PolicyArn": policy.arn},
    )


@replaces(IamResponse)
def list_instance_profiles(_, self):
    prefix = self._get_param("PathPrefix", "/")
    profiles = [p for p in self.backend.get_instance_profiles() if p.path.startswith(prefix)]
    return listing(self, "InstanceProfiles", profiles, name_of, untagged)


@replaces(IamResponse)
def list_instance_profiles_for_role(_, self):
    profiles = self.backend.get_instance_profiles_for_role(self._get_param("RoleName"))
    return listing(self, "InstanceProfiles", profiles, name_of, untagged)


@replaces(IamResponse)
def list_policies(_, self):
    policies, _marker = self.backend.list_policies(
        None, 10**6, False, self._get_param("PathPrefix", "/"), self._get_param("Scope", "All")
    )
    return listing(self, "Policies", list(policies), name_of, untagged)


@replaces(IamResponse)
def list_policy_versions(_, self):
    versions = self.backend.list_policy_versions(self._get_param("PolicyArn"))
    return listing(self, "Versions", versions, lambda version: version.version_id, lambda v: v)


# ----------------------------------------------------------------------------------------- network


@replaces(DHCPOptions)
def create_dhcp_options(original, self):
    # moto forgets the tags that they are created with.
    tags = self._parse_tag_specification("dhcp-options").get("dhcp-options", {})
    answer = original(self)
    answer.result["DhcpOptions"].add_tags(tags)
    return answer


@replaces(Subnets)
def modify_subnet_attribute(original, self):
    # moto does not know how instances are named, AAAA records, and DNS64.
    subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
    names = subnet.private_dns_name_options_on_launch
    hostname_type = self._get_param("PrivateDnsHostnameTypeOnLaunch")
    if hostname_type is not None:
        names["HostnameType"] = hostname_type
    aaaa = self._get_param("EnableResourceNameDnsAAAARecordOnLaunch.Value")
    if aaaa is not None:
        names["EnableResourceNameDnsAAAARecord"] = aaaa
    dns64 = self._get_param("EnableDns64.Value")
    if dns64 is not None:
        subnet.enable_dns64 = dns64
    return original(self)
