//! Launch templates, as far as they say which instance profile instances get.

use cloudup_engine::{
    Change, Diff, ErrorKind, Found, Input, Managed, Reader, Ref, Task, TaskError, Writer,
};

use crate::{
    aside::Aside,
    cloud::{
        Aws, CloudError,
        ec2::{LaunchTemplateData, MetadataOptions},
        iam::Tags,
    },
    iam::IamInstanceProfile,
    trouble::{conflict, invalid, is_taken},
};

/// A launch template.
///
/// A change makes a new version on top of the one in force, which keeps what is not said here,
/// and puts it in force.
#[derive(Clone, Debug, Diff)]
pub struct LaunchTemplate {
    #[diff(skip)]
    name: String,
    /// The name of the instance profile.
    iam_instance_profile: Input<String>,
    /// How instances reach their metadata service.
    metadata_options: Managed<MetadataOptions>,
    #[diff(skip)]
    tags: Aside<Tags>,
    #[diff(skip)]
    made_by: Aside<Option<Ref<IamInstanceProfile>>>,
}

/// What others may know about a [`LaunchTemplate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTemplateOutput {
    /// Its id: `lt-…`.
    pub id: String,
    /// The number of the version in force.
    pub version: i64,
}

impl LaunchTemplate {
    /// A template whose instances get this instance profile, by name.
    pub fn new(name: impl Into<String>, iam_instance_profile: impl Into<Input<String>>) -> Self {
        Self {
            name: name.into(),
            iam_instance_profile: iam_instance_profile.into(),
            metadata_options: Managed::AsFound,
            tags: Aside::default(),
            made_by: Aside::default(),
        }
    }

    /// The task that makes the instance profile: if this run creates it, EC2 may not know it at
    /// once, which passes. It does not order the two: add this task `after` that one.
    #[must_use]
    pub fn made_by(mut self, profile: &Ref<IamInstanceProfile>) -> Self {
        self.made_by = Aside(Some(profile.clone()));
        self
    }

    /// Says how instances reach their metadata service.
    #[must_use]
    pub fn metadata_options(mut self, options: MetadataOptions) -> Self {
        self.metadata_options = Managed::Set(options);
        self
    }

    /// Tags it when it is created.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags = Aside(tags);
        self
    }

    /// EC2 does not say what it finds invalid. Our values are checked before, so that a profile
    /// that was just made is what it does not know yet.
    fn refusal(&self, error: CloudError, doing: String) -> TaskError {
        let made = self.made_by.0.as_ref().and_then(Ref::output);
        if error.code == "InvalidParameterValue" && made.is_some_and(|profile| profile.is_new) {
            return TaskError::new(ErrorKind::NotReady, doing).because(error);
        }
        error.while_doing(doing)
    }

    fn data(&self) -> Result<LaunchTemplateData, TaskError> {
        Ok(LaunchTemplateData {
            iam_instance_profile: Some(self.iam_instance_profile.value()?),
            metadata_options: match &self.metadata_options {
                Managed::AsFound => None,
                Managed::Set(options) => Some(options.clone()),
            },
        })
    }
}

impl From<&crate::cloud::ec2::LaunchTemplate> for LaunchTemplateOutput {
    fn from(template: &crate::cloud::ec2::LaunchTemplate) -> Self {
        Self { id: template.id.clone(), version: template.version }
    }
}

fn no_ec2() -> TaskError {
    TaskError::new(ErrorKind::Other, "reach EC2: this cloud adapter has none")
        .hint("choose lifecycle Ignore for LaunchTemplate")
}

impl Task for LaunchTemplate {
    const KIND: &'static str = "LaunchTemplate";
    const OUTPUT_SURVIVES_UPDATE: bool = false;
    type Provider = Aws;
    type Output = LaunchTemplateOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let ec2 = reader.ec2().ok_or_else(no_ec2)?;
        let template = CloudError::absent(ec2.describe_launch_template(&self.name).await).map_err(
            |error| error.while_doing(format!("look for launch template {}", self.name)),
        )?;
        Ok(template.map(|template| Found {
            output: LaunchTemplateOutput::from(&template),
            state: Self {
                iam_instance_profile: template.data.iam_instance_profile.unwrap_or_default().into(),
                metadata_options: match template.data.metadata_options {
                    Some(options) => Managed::Set(options),
                    None => Managed::AsFound,
                },
                ..self.clone()
            },
        }))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        let length = self.name.chars().count();
        let is_good = |c: char| c.is_ascii_alphanumeric() || "()./_-".contains(c);
        if !(3..=128).contains(&length) || !self.name.chars().all(is_good) {
            return Err(invalid(format!("name a launch template `{}`", self.name))
                .hint("use 3 to 128 letters, digits and `()./_-`"));
        }
        if let Managed::Set(options) = &self.metadata_options {
            let hops = options.http_put_response_hop_limit;
            if !(1..=64).contains(&hops) {
                return Err(invalid(format!("allow {hops} hops to the metadata service"))
                    .hint("1 to 64 are possible; 1 keeps pods off the instance's role"));
            }
            if !["optional", "required"].contains(&options.http_tokens.as_str()) {
                return Err(invalid(format!(
                    "have instance metadata tokens be `{}`",
                    options.http_tokens
                ))
                .hint("say `required` or `optional`"));
            }
        }
        Ok(())
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<LaunchTemplateOutput, TaskError> {
        let ec2 = writer.ec2().ok_or_else(no_ec2)?;
        let (name, data) = (&self.name, self.data()?);
        let template = match change {
            Change::Create => match ec2.create_launch_template(name, &data, &self.tags.0).await {
                // The answer to an earlier call may have been lost.
                Err(error) if is_taken(&error) => {
                    let found = self.find(writer.reader()).await?;
                    let is_this = |found: &Found<Self>| {
                        use cloudup_engine::Changes as _;
                        Self::diff(&found.state, self).list().is_empty()
                    };
                    return match found.filter(is_this) {
                        Some(found) => Ok(found.output),
                        None => Err(conflict(format!(
                            "create launch template {name}: the name is taken"
                        ))
                        .because(error)),
                    };
                }
                result => result
                    .map_err(|error| self.refusal(error, format!("create launch template {name}"))),
            },
            Change::Update { found, .. } => {
                let version = found.output.version;
                ec2.create_launch_template_version(name, version, &data).await.map_err(|error| {
                    self.refusal(error, format!("make a new version of launch template {name}"))
                })
            }
        }?;
        Ok(LaunchTemplateOutput::from(&template))
    }
}
