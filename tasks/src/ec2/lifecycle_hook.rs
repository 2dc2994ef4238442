//! What instances wait for on their way into a group or out of it.

use cloudup_engine::{Change, Diff, Found, Reader, Stray, Task, TaskError, Writer};

use super::lookup;
use crate::{
    aside::Aside,
    cloud::{Aws, autoscaling::LifecycleHook},
    iam::Owner,
    trouble::invalid,
};

/// A lifecycle hook of an Auto Scaling group.
#[derive(Clone, Debug, Diff)]
pub struct AutoscalingLifecycleHook {
    #[diff(skip)]
    name: String,
    /// `autoscaling:EC2_INSTANCE_LAUNCHING` or `autoscaling:EC2_INSTANCE_TERMINATING`.
    transition: String,
    /// What becomes of an instance that nobody answers for: `CONTINUE` or `ABANDON`.
    default_result: String,
    /// For how many seconds an answer is waited for.
    heartbeat_timeout: i32,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    group: String,
    /// The hook's own name, unique in its group.
    hook: String,
}

impl AutoscalingLifecycleHook {
    /// The hook of a group of `owner`. `name` is unique in the cluster.
    pub fn new(
        name: impl Into<String>,
        owner: Owner,
        group: impl Into<String>,
        hook: LifecycleHook,
    ) -> Self {
        Self {
            name: name.into(),
            transition: hook.transition,
            default_result: hook.default_result,
            heartbeat_timeout: hook.heartbeat_timeout,
            about: Aside(About { owner, group: group.into(), hook: hook.name }),
        }
    }

    fn what(&self) -> String {
        let About { group, hook, .. } = &self.about.0;
        format!("lifecycle hook {hook} of {group}")
    }
}

impl Task for AutoscalingLifecycleHook {
    const KIND: &'static str = "AutoscalingLifecycleHook";
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let About { owner, group, hook } = &self.about.0;
        if lookup::own_group(reader, owner, group).await?.is_none() {
            return Ok(None);
        }
        let hooks = reader.autoscaling().describe_lifecycle_hooks(group).await;
        let hooks =
            hooks.map_err(|error| error.while_doing(format!("look for {}", self.what())))?;
        let found = hooks.into_iter().find(|found| found.name == *hook);
        Ok(found.map(|found| Found {
            state: Self {
                transition: found.transition,
                default_result: found.default_result,
                heartbeat_timeout: found.heartbeat_timeout,
                ..self.clone()
            },
            output: (),
        }))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        if !(30..=7200).contains(&self.heartbeat_timeout) {
            let message =
                format!("have {} wait for {} seconds", self.what(), self.heartbeat_timeout);
            return Err(invalid(message).hint("30 seconds to 2 hours are possible"));
        }
        Ok(())
    }

    async fn render(&self, writer: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        let hook = LifecycleHook {
            name: self.about.0.hook.clone(),
            transition: self.transition.clone(),
            default_result: self.default_result.clone(),
            heartbeat_timeout: self.heartbeat_timeout,
        };
        let result = writer.autoscaling().put_lifecycle_hook(&self.about.0.group, &hook).await;
        result.map_err(|error| error.while_doing(format!("put {}", self.what())))
    }

    async fn delete(&self, writer: &Writer<Self>, _: &Stray) -> Result<(), TaskError> {
        let About { group, hook, .. } = &self.about.0;
        // Looked for anew: that it is gone already is no error, and Auto Scaling has no code for it.
        let hooks = writer.reader().autoscaling().describe_lifecycle_hooks(group).await;
        if hooks.is_ok_and(|hooks| hooks.iter().all(|other| other.name != *hook)) {
            return Ok(());
        }
        let result = writer.autoscaling().delete_lifecycle_hook(group, hook).await;
        result.map_err(|error| error.while_doing(format!("delete {}", self.what())))
    }
}
