//! Instances that are kept ready beside a group's.

use cloudup_engine::{Change, Diff, ErrorKind, Found, Reader, Stray, Task, TaskError, Writer};

use super::lookup;
use crate::{aside::Aside, cloud::Aws, iam::Owner};

/// The warm pool of an Auto Scaling group.
#[derive(Clone, Debug, Diff)]
pub struct WarmPool {
    #[diff(skip)]
    group: String,
    /// The least number of instances in it.
    min_size: i32,
    /// The greatest number of its and the group's instances together; the group's own greatest
    /// size, if nothing is said.
    max_size: Option<i32>,
    #[diff(skip)]
    owner: Aside<Owner>,
}

impl WarmPool {
    /// The pool of a group of `owner`, which it is called after.
    pub fn new(
        group: impl Into<String>,
        owner: Owner,
        min_size: i32,
        max_size: Option<i32>,
    ) -> Self {
        Self { group: group.into(), min_size, max_size, owner: Aside(owner) }
    }
}

impl Task for WarmPool {
    const KIND: &'static str = "WarmPool";
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.group
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let group = lookup::own_group(reader, &self.owner.0, &self.group).await?;
        // One that is leaving is as good as gone.
        let pool = group.and_then(|group| group.warm_pool).filter(|pool| pool.status.is_none());
        Ok(pool.map(|pool| Found {
            state: Self {
                min_size: pool.min_size,
                max_size: pool.max_group_prepared_capacity,
                ..self.clone()
            },
            output: (),
        }))
    }

    async fn render(&self, writer: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        let doing = format!("put a warm pool beside {}", self.group);
        let autoscaling = writer.autoscaling();
        match autoscaling.put_warm_pool(&self.group, self.min_size, self.max_size).await {
            // The old one is still leaving.
            Err(error) if error.code == "ScalingActivityInProgress" => {
                Err(TaskError::new(ErrorKind::NotReady, doing).because(error))
            }
            result => result.map_err(|error| error.while_doing(doing)),
        }
    }

    async fn delete(&self, writer: &Writer<Self>, _: &Stray) -> Result<(), TaskError> {
        // That it is gone already is no error, and Auto Scaling has no code for it.
        if self.find(writer.reader()).await?.is_none() {
            return Ok(());
        }
        let result = writer.autoscaling().delete_warm_pool(&self.group).await;
        result.map_err(|error| {
            error.while_doing(format!("delete the warm pool beside {}", self.group))
        })
    }
}
