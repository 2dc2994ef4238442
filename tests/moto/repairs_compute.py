"""What moto 5.2.5 answers differently from AWS of launch templates and Auto Scaling groups, put
right. See repairs.py, which says how."""

from moto.autoscaling import models as autoscaling
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.exceptions import (
    InvalidLaunchTemplateNameNotFoundError,
    InvalidLaunchTemplateVersionNotFound,
)
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.models.launch_templates import (
    LaunchTemplate,
    LaunchTemplateBackend,
    LaunchTemplateVersion,
)
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import filter_dict_attribute_mapping
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from repairs import PAGE_SIZE, replaces

# ------------------------------------------------------------------------------- launch templates


@replaces(LaunchTemplateVersion)
def __init__(original, self, template, number, data, description):
    # moto puts the template's own tags into the version, and cannot start instances from user data
    # that came with a later version.
    specifications = [
        one for one in data.get("TagSpecifications") or []
        if one.get("ResourceType") != "launch-template"
    ]
    data = {name: value for name, value in data.items() if value is not None}
    data.pop("TagSpecifications", None)
    if specifications:
        data["TagSpecifications"] = specifications
    if isinstance(data.get("UserData"), str):
        data["UserData"] = Base64EncodedString(data["UserData"])
    original(self, template, number, data, description)


# Instances of a group get the security groups of the first network interface.
LaunchTemplateVersion.security_groups = property(
    lambda self: self.data.get("SecurityGroupIds")
    or [id for one in self.data.get("NetworkInterfaces", []) for id in one.get("Groups", [])]
)


@replaces(LaunchTemplate)
def get_version(original, self, num):
    # moto deletes no versions.
    version = original(self, num)
    if version.number in gone(self):
        raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=num)
    return version


def gone(template):
    """The numbers of the versions that were deleted."""
    return template.__dict__.setdefault("gone", set())


@replaces(LaunchTemplates)
def create_launch_template_version(original, self):
    # moto merges nothing with the source.
    source = self._get_param("SourceVersion")
    if not source:
        return original(self)
    template = self.ec2_backend.get_launch_template_by_name(self._get_param("LaunchTemplateName"))
    data = {**template.get_version(source).data, **self._get_param("LaunchTemplateData", {})}
    version = template.create_version(data, self._get_param("VersionDescription"))
    return ActionResult({"LaunchTemplateVersion": described(template, version)})


def described(template, version):
    return {
        "CreateTime": version.create_time,
        "DefaultVersion": template.is_default(version),
        "LaunchTemplateData": version.data,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionDescription": version.description,
        "VersionNumber": version.number,
    }


def part(response, things):
    """A part of `things`, and where the next one starts. moto gives out none."""
    start = int(response._get_param("NextToken") or 0)
    end = start + PAGE_SIZE
    return things[start:end], str(end) if end < len(things) else None


@replaces(LaunchTemplates)
def describe_launch_templates(_, self):
    templates, following = part(self, self.ec2_backend.describe_launch_templates(
        template_names=self._get_param("LaunchTemplateNames", []),
        template_ids=self._get_param("LaunchTemplateIds", []),
        filters=self._filters_from_querystring(),
    ))
    answer = {"LaunchTemplates": [
        {
            "CreateTime": template.create_time,
            "DefaultVersionNumber": template.default_version_number,
            "LatestVersionNumber": max(
                one.number for one in template.versions if one.number not in gone(template)
            ),
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "Tags": template.get_tags(),
        }
        for template in templates
    ]}
    return ActionResult({**answer, "NextToken": following} if following else answer)


@replaces(LaunchTemplates)
def describe_launch_template_versions(_, self):
    name = self._get_param("LaunchTemplateName")
    wanted = self._get_param("Versions", [])
    backend = self.ec2_backend
    of = [backend.get_launch_template_by_name(name)] if name else backend.launch_templates.values()
    found = [
        (template, version)
        for template in of
        for version in (
            [template.get_version(number) for number in wanted] if wanted
            else [one for one in template.versions if one.number not in gone(template)]
        )
    ]
    found, following = part(self, found)
    answer = {"LaunchTemplateVersions": [described(*pair) for pair in found]}
    return ActionResult({**answer, "NextToken": following} if following else answer)


def delete_launch_template_versions(self):
    # moto lacks it.
    template = self.ec2_backend.get_launch_template_by_name(self._get_param("LaunchTemplateName"))
    deleted, refused = [], []
    for number in map(int, self._get_param("Versions", [])):
        about = {"LaunchTemplateId": template.id, "VersionNumber": number}
        known = number <= len(template.versions) and number not in gone(template)
        if number == template.default_version_number:
            code = "unexpectedError"
            refused.append({**about, "ResponseError": {"Code": code, "Message": "the default"}})
        elif not known:
            code = "launchTemplateVersionDoesNotExist"
            refused.append({**about, "ResponseError": {"Code": code, "Message": "none"}})
        else:
            gone(template).add(number)
            deleted.append(about)
    return ActionResult({
        "SuccessfullyDeletedLaunchTemplateVersions": deleted,
        "UnsuccessfullyDeletedLaunchTemplateVersions": refused,
    })


LaunchTemplates.delete_launch_template_versions = delete_launch_template_versions


@replaces(LaunchTemplateBackend)
def delete_launch_template(original, self, name, tid):
    # moto takes the name of a template that is not there for none at all.
    if name and name not in self.launch_template_name_to_ids:
        raise InvalidLaunchTemplateNameNotFoundError()
    return original(self, name, tid)


@replaces(InstanceBackend)
def run_instances(original, self, image_id, count, user_data, security_group_names, **kwargs):
    # moto takes neither profile nor metadata options from a template.
    template = kwargs.get("launch_template")
    data = self._get_template_from_args(template).data if template else {}
    if data.get("MetadataOptions") and not kwargs.get("metadata_options"):
        kwargs["metadata_options"] = data["MetadataOptions"]
    reservation = original(self, image_id, count, user_data, security_group_names, **kwargs)
    profile = data.get("IamInstanceProfile")
    if profile:
        for instance in reservation.instances:
            self.associate_iam_instance_profile(
                instance_id=instance.id,
                iam_instance_profile_name=profile.get("Name"),
                iam_instance_profile_arn=profile.get("Arn"),
            )
    return reservation


# moto does not find instances by their profile.
Instance.profile_arn = property(lambda self: (self.iam_instance_profile or {}).get("Arn"))
filter_dict_attribute_mapping["iam-instance-profile.arn"] = "profile_arn"

# ----------------------------------------------------------------------------------------- groups

Group = autoscaling.FakeAutoScalingGroup
Backend = autoscaling.AutoScalingBackend


class AlreadyExists(AutoscalingClientError):
    code = "AlreadyExists"


@replaces(Backend)
def create_auto_scaling_group(original, self, name, *args, **kwargs):
    # moto replaces a group of the same name, and starts none where nothing is said of how many.
    if name in self.autoscaling_groups:
        raise AlreadyExists("AutoScalingGroup by this name already exists")
    if kwargs.get("desired_capacity") is None:
        kwargs["desired_capacity"] = kwargs.get("min_size")
    return original(self, name, *args, **kwargs)


@replaces(Backend)
def delete_auto_scaling_group(original, self, group_name):
    # moto spares protected instances, also where the group is deleted by force.
    group = self.autoscaling_groups.get(group_name)
    for state in group.instance_states if group else []:
        state.protected_from_scale_in = False
    return original(self, group_name)


@replaces(Backend)
def detach_instances(original, self, group_name, instance_ids, should_decrement):
    # moto passes over instances that the group does not have.
    has = {state.instance.id for state in self.autoscaling_groups[group_name].instance_states}
    for strange in set(instance_ids) - has:
        raise ValidationError(f"The instance {strange} is not part of Auto Scaling group {group_name}.")
    return original(self, group_name, instance_ids, should_decrement)


@replaces(Backend)
def terminate_instance(original, self, instance_id, should_decrement):
    # moto falls over an instance that no group has.
    groups = self.autoscaling_groups.values()
    if instance_id not in {s.instance.id for group in groups for s in group.instance_states}:
        raise ValidationError(f"Instance Id not found - No managed instance found: {instance_id}")
    return original(self, instance_id, should_decrement)


@replaces(Group)
def _set_launch_configuration(original, self, *args, **kwargs):
    # moto takes a version and a profile that are not there.
    original(self, *args, **kwargs)
    if not self.ec2_launch_template:
        return
    unfit = "You must use a valid fully-formed launch template. "
    try:
        version = self.ec2_launch_template.get_version(self.launch_template_version)
    except InvalidLaunchTemplateVersionNotFound as error:
        raise ValidationError(unfit + error.message)
    profile = version.data.get("IamInstanceProfile", {}).get("Name")
    try:
        if profile:
            iam_backends[self.account_id]["aws"].get_instance_profile(profile)
    except NotFoundException:
        raise ValidationError(
            f"{unfit}Value ({profile}) for parameter iamInstanceProfile.name is invalid. "
            "Invalid IAM Instance Profile name"
        )


@replaces(Group)
def replace_autoscaling_group_instances(original, self, count_needed, propagated_tags):
    # moto starts instances from the default version, and lists that for all there are.
    template = self.ec2_launch_template
    if not template:
        return original(self, count_needed, propagated_tags)
    default = template.default_version_number
    version = template.get_version(self.launch_template_version)
    before = len(self.instance_states)
    template.default_version_number = version.number
    try:
        original(self, count_needed, propagated_tags)
    finally:
        template.default_version_number = default
    for state in self.instance_states[before:]:
        state.instance.started_from = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "Version": str(version.number),
        }


_listed = autoscaling.InstanceState.launch_template.fget
autoscaling.InstanceState.launch_template = property(
    lambda self: getattr(self.instance, "started_from", None) or _listed(self)
)
