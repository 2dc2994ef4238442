//! EC2 launch templates and their versions.

use super::{
    error::Refusal,
    page::page,
    state::{LaunchTemplate, State},
};
use crate::cloud::{
    Page,
    ec2::{self, LaunchTemplateData, LaunchTemplateVersion, Tagged, Templates, Versions},
    iam::Tags,
};

/// How many versions one call deletes at most.
const MOST_DELETED: usize = 200;

impl State {
    pub(super) fn describe_launch_templates(
        &self,
        which: &Templates,
        marker: Option<&str>,
    ) -> Result<Page<ec2::LaunchTemplate>, Refusal> {
        let fits = |template: &&LaunchTemplate| match which {
            Templates::Tagged(tagged) => is_tagged(&template.tags, tagged),
            Templates::Named(name) => template.name == *name,
        };
        if let Templates::Named(name) = which {
            self.template(name)?;
        }
        let fitting = self.launch_templates.iter().filter(fits);
        let described = fitting.map(|it| (it.id.clone(), describe(it)));
        page("launch templates", described, marker, self.page_size)
    }

    pub(super) fn describe_launch_template_versions(
        &self,
        which: &Versions,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplateVersion>, Refusal> {
        let found: Vec<_> = match which {
            Versions::DefaultOfAll => self
                .launch_templates
                .iter()
                .filter_map(|it| version(it, it.default_version).ok())
                .collect(),
            Versions::AllOf(name) => {
                let template = self.template(name)?;
                (1..=template.latest_version())
                    .filter_map(|number| version(template, number).ok())
                    .collect()
            }
        };
        let keyed =
            found.into_iter().map(|it| (format!("{}/{:08}", it.template_id, it.number), it));
        page("launch template versions", keyed, marker, self.page_size)
    }

    pub(super) fn create_launch_template(
        &mut self,
        name: &str,
        data: &LaunchTemplateData,
        tags: &Tags,
    ) -> Result<LaunchTemplateVersion, Refusal> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "().-/_".contains(c);
        if !(3..=128).contains(&name.len()) || !name.chars().all(fits) {
            return Err(Refusal::new(
                "InvalidLaunchTemplateName.MalformedException",
                "The launch template name must be 3 to 128 letters, digits and ().-/_",
            ));
        }
        self.ec2_tags(tags, &Tags::new())?;
        if self.launch_templates.get(name).is_some() {
            return Err(Refusal::new(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use.",
            ));
        }
        check_data(data)?;
        let template = LaunchTemplate {
            name: name.into(),
            id: self.next_ec2_id("lt"),
            default_version: 1,
            versions: vec![Some(data.clone())],
            tags: tags.clone(),
        };
        let created = version(&template, 1)?;
        self.launch_templates.insert(template);
        Ok(created)
    }

    pub(super) fn create_launch_template_version(
        &mut self,
        name: &str,
        source: Option<i64>,
        data: &LaunchTemplateData,
    ) -> Result<LaunchTemplateVersion, Refusal> {
        check_data(data)?;
        let template = self.template(name)?;
        let data = match source {
            Some(source) => inherited(data, version(template, source)?.data),
            None => data.clone(),
        };
        let template = self.launch_templates.get_mut(name).ok_or_else(|| no_template(name))?;
        template.versions.push(Some(data));
        version(template, template.latest_version())
    }

    pub(super) fn modify_launch_template(
        &mut self,
        name: &str,
        default: i64,
    ) -> Result<(), Refusal> {
        version(self.template(name)?, default)?;
        let template = self.launch_templates.get_mut(name).ok_or_else(|| no_template(name))?;
        template.default_version = default;
        Ok(())
    }

    pub(super) fn delete_launch_template_versions(
        &mut self,
        name: &str,
        versions: &[i64],
    ) -> Result<(), Refusal> {
        let template = self.launch_templates.get_mut(name).ok_or_else(|| no_template(name))?;
        if versions.len() > MOST_DELETED {
            let message = format!("No more than {MOST_DELETED} versions can be deleted at once.");
            return Err(Refusal::new("InvalidParameterValue", message));
        }
        if versions.contains(&template.default_version) {
            return Err(Refusal::new(
                "OperationNotPermitted",
                "The default version of a launch template cannot be deleted.",
            ));
        }
        for number in versions {
            let place = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
            if let Some(version) = place.and_then(|place| template.versions.get_mut(place)) {
                *version = None;
            }
        }
        Ok(())
    }

    /// The version that a group's reference means, by the template's id.
    pub(super) fn referred(
        &self,
        id: &str,
        number: &str,
    ) -> Result<LaunchTemplateVersion, Refusal> {
        let template = self.launch_templates.iter().find(|template| template.id == id);
        let template = template.ok_or_else(|| {
            let message = format!(
                "You must use a valid fully-formed launch template. The specified launch \
                 template, with template ID {id}, does not exist."
            );
            Refusal::validation(message)
        })?;
        let number = match number {
            "$Latest" => template.latest_version(),
            "$Default" | "" => template.default_version,
            number => number.parse().unwrap_or_default(),
        };
        version(template, number).map_err(|refusal| {
            let message =
                format!("You must use a valid fully-formed launch template. {}", refusal.message);
            Refusal::validation(message)
        })
    }

    fn template(&self, name: &str) -> Result<&LaunchTemplate, Refusal> {
        self.launch_templates.get(name).ok_or_else(|| no_template(name))
    }
}

impl LaunchTemplate {
    /// The number of the newest version.
    fn latest_version(&self) -> i64 {
        let newest = self.versions.iter().rposition(Option::is_some);
        newest.and_then(|place| i64::try_from(place + 1).ok()).unwrap_or(self.default_version)
    }
}

/// Whether something carries a tag with this value.
pub(super) fn is_tagged(tags: &Tags, Tagged { key, value }: &Tagged) -> bool {
    tags.get(key) == Some(value)
}

/// EC2 looks at values, and not at what they name: a profile or an image need not be there.
fn check_data(data: &LaunchTemplateData) -> Result<(), Refusal> {
    let invalid = |value: &str, parameter: &str| {
        let message = format!("Value ({value}) for parameter {parameter} is invalid.");
        Err(Refusal::new("InvalidParameterValue", message))
    };
    if let Some(options) = &data.metadata_options {
        if let Some(tokens) = &options.http_tokens
            && !["optional", "required"].contains(&tokens.as_str())
        {
            return invalid(tokens, "HttpTokens");
        }
        if let Some(hops) = options.http_put_response_hop_limit
            && !(1..=64).contains(&hops)
        {
            return invalid(&hops.to_string(), "HttpPutResponseHopLimit");
        }
    }
    let devices = &data.block_devices;
    let twice = devices.iter().enumerate().find(|(index, device)| {
        devices[..*index].iter().any(|other| other.device_name == device.device_name)
    });
    match twice {
        Some((_, device)) => invalid(&device.device_name, "BlockDeviceMapping.DeviceName"),
        None => Ok(()),
    }
}

fn list<T>(said: Vec<T>, before: Vec<T>) -> Vec<T> {
    if said.is_empty() { before } else { said }
}

/// What a version holds that is made on top of another.
fn inherited(data: &LaunchTemplateData, source: LaunchTemplateData) -> LaunchTemplateData {
    let LaunchTemplateData {
        image_id,
        instance_type,
        iam_instance_profile,
        key_name,
        ebs_optimized,
        disable_api_termination,
        monitoring,
        tenancy,
        cpu_credits,
        metadata_options,
        spot,
        network_interfaces,
        security_group_ids,
        block_devices,
        tag_specifications,
        user_data,
    } = data.clone();
    LaunchTemplateData {
        image_id: image_id.or(source.image_id),
        instance_type: instance_type.or(source.instance_type),
        iam_instance_profile: iam_instance_profile.or(source.iam_instance_profile),
        key_name: key_name.or(source.key_name),
        ebs_optimized: ebs_optimized.or(source.ebs_optimized),
        disable_api_termination: disable_api_termination.or(source.disable_api_termination),
        monitoring: monitoring.or(source.monitoring),
        tenancy: tenancy.or(source.tenancy),
        cpu_credits: cpu_credits.or(source.cpu_credits),
        metadata_options: metadata_options.or(source.metadata_options),
        spot: spot.or(source.spot),
        network_interfaces: list(network_interfaces, source.network_interfaces),
        security_group_ids: list(security_group_ids, source.security_group_ids),
        block_devices: list(block_devices, source.block_devices),
        tag_specifications: if tag_specifications.is_empty() {
            source.tag_specifications
        } else {
            tag_specifications
        },
        user_data: user_data.or(source.user_data),
    }
}

pub(super) fn no_template(name: &str) -> Refusal {
    Refusal::new(
        "InvalidLaunchTemplateName.NotFoundException",
        format!("The specified launch template, with template name {name}, does not exist."),
    )
}

fn describe(template: &LaunchTemplate) -> ec2::LaunchTemplate {
    ec2::LaunchTemplate {
        id: template.id.clone(),
        name: template.name.clone(),
        default_version: template.default_version,
        latest_version: template.latest_version(),
        tags: template.tags.clone(),
    }
}

fn version(template: &LaunchTemplate, number: i64) -> Result<LaunchTemplateVersion, Refusal> {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let data = place.and_then(|place| template.versions.get(place)?.as_ref()).ok_or_else(|| {
        Refusal::new(
            "InvalidLaunchTemplateId.VersionNotFound",
            format!("Could not find launch template version {number} of {}.", template.name),
        )
    })?;
    Ok(LaunchTemplateVersion {
        template_id: template.id.clone(),
        template_name: template.name.clone(),
        number,
        is_default: number == template.default_version,
        data: data.clone(),
        others: Vec::new(),
    })
}
