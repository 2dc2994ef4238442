//! EC2 launch templates, as far as they carry an instance profile.

use super::{
    error::Refusal,
    grammar,
    state::{LaunchTemplate, LaunchTemplateData, MetadataOptions, State},
};
use crate::cloud::{ec2, iam::Tags};

impl State {
    pub(super) fn describe_launch_template(
        &self,
        name: &str,
    ) -> Result<ec2::LaunchTemplate, Refusal> {
        self.template(name).and_then(wire)
    }

    pub(super) fn create_launch_template(
        &mut self,
        name: &str,
        data: &ec2::LaunchTemplateData,
        tags: &Tags,
    ) -> Result<ec2::LaunchTemplate, Refusal> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "().-/_".contains(c);
        if !(3..=128).contains(&name.len()) || !name.chars().all(fits) {
            return Err(Refusal::new(
                "InvalidLaunchTemplateName.MalformedException",
                "The launch template name must be 3 to 128 letters, digits and ().-/_",
            ));
        }
        grammar::tags(tags, &Tags::new(), &self.quotas)
            .map_err(|refusal| Refusal::new("InvalidParameterValue", refusal.message))?;
        if self.launch_templates.get(name).is_some() {
            return Err(Refusal::new(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use.",
            ));
        }
        self.check_data(data)?;
        let template = LaunchTemplate {
            name: name.into(),
            id: self.next_template_id(),
            default_version: 1,
            versions: vec![kept(data)],
            tags: tags.clone(),
        };
        let created = wire(&template)?;
        self.launch_templates.insert(template);
        Ok(created)
    }

    pub(super) fn create_launch_template_version(
        &mut self,
        name: &str,
        source: i64,
        data: &ec2::LaunchTemplateData,
    ) -> Result<ec2::LaunchTemplate, Refusal> {
        let source = version(self.template(name)?, source)?.clone();
        self.check_data(data)?;
        let LaunchTemplateData { iam_instance_profile, metadata_options } = kept(data);
        let merged = LaunchTemplateData {
            iam_instance_profile: iam_instance_profile.or(source.iam_instance_profile),
            metadata_options: metadata_options.or(source.metadata_options),
        };
        let template = self.launch_templates.get_mut(name).ok_or_else(|| no_template(name))?;
        template.versions.push(merged);
        template.default_version = i64::try_from(template.versions.len()).unwrap_or(i64::MAX);
        wire(template)
    }

    fn template(&self, name: &str) -> Result<&LaunchTemplate, Refusal> {
        self.launch_templates.get(name).ok_or_else(|| no_template(name))
    }

    fn check_data(&self, data: &ec2::LaunchTemplateData) -> Result<(), Refusal> {
        let invalid = |message: String| Err(Refusal::new("InvalidParameterValue", message));
        if let Some(profile) = &data.iam_instance_profile
            && self.instance_profiles.get(profile).is_none()
        {
            return invalid(format!(
                "Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM \
                 Instance Profile name"
            ));
        }
        if let Some(ec2::MetadataOptions { http_tokens, http_put_response_hop_limit }) =
            &data.metadata_options
        {
            if !["optional", "required"].contains(&http_tokens.as_str()) {
                return invalid(format!(
                    "Value ({http_tokens}) for parameter HttpTokens is invalid."
                ));
            }
            if !(1..=64).contains(http_put_response_hop_limit) {
                return invalid(format!(
                    "Value ({http_put_response_hop_limit}) for parameter \
                     HttpPutResponseHopLimit is invalid."
                ));
            }
        }
        Ok(())
    }
}

fn no_template(name: &str) -> Refusal {
    Refusal::new(
        "InvalidLaunchTemplateName.NotFoundException",
        format!("The specified launch template, with template name {name}, does not exist."),
    )
}

fn version(template: &LaunchTemplate, number: i64) -> Result<&LaunchTemplateData, Refusal> {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    index.and_then(|index| template.versions.get(index)).ok_or_else(|| {
        Refusal::new(
            "InvalidLaunchTemplateId.VersionNotFound",
            format!("Could not find launch template version {number} of {}.", template.name),
        )
    })
}

fn kept(data: &ec2::LaunchTemplateData) -> LaunchTemplateData {
    LaunchTemplateData {
        iam_instance_profile: data.iam_instance_profile.clone(),
        metadata_options: data.metadata_options.as_ref().map(|options| MetadataOptions {
            http_tokens: options.http_tokens.clone(),
            http_put_response_hop_limit: options.http_put_response_hop_limit,
        }),
    }
}

fn wire(template: &LaunchTemplate) -> Result<ec2::LaunchTemplate, Refusal> {
    let data = version(template, template.default_version)?;
    Ok(ec2::LaunchTemplate {
        id: template.id.clone(),
        name: template.name.clone(),
        version: template.default_version,
        data: ec2::LaunchTemplateData {
            iam_instance_profile: data.iam_instance_profile.clone(),
            metadata_options: data.metadata_options.as_ref().map(|options| ec2::MetadataOptions {
                http_tokens: options.http_tokens.clone(),
                http_put_response_hop_limit: options.http_put_response_hop_limit,
            }),
        },
        tags: template.tags.clone(),
    })
}
