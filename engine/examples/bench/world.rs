//! Things that cost nothing to look up and nothing to make.

use std::time::Duration;

use cloudup_engine::{Change, Diff, Found, Inputs, Provider, Task, TaskError};

/// Where they are, or are not.
pub(crate) struct Store {
    pub(crate) found: bool,
    pub(crate) latency: bool,
}

impl Provider for Store {
    type Reader = Self;
    type Writer = Self;

    fn reader(store: &Self) -> &Self {
        store
    }
}

/// A thing whose output is its number.
#[derive(Debug, Diff)]
pub(crate) struct Cell {
    #[diff(skip)]
    name: String,
    #[diff(skip)]
    number: usize,
    #[diff(skip)]
    latency: Duration,
    size: u32,
    #[diff(skip)]
    needs: Inputs<usize>,
}

impl Cell {
    pub(crate) fn new(number: usize, needs: Inputs<usize>, latency: Duration) -> Self {
        Self { name: number.to_string(), number, latency, size: 3, needs }
    }
}

impl Task for Cell {
    const KIND: &'static str = "Cell";
    type Provider = Store;
    type Output = usize;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, store: &Store) -> Result<Option<Found<Self>>, TaskError> {
        let state = || Self { name: String::new(), needs: vec![].into(), ..*self };
        Ok(store.found.then(|| Found { state: state(), output: self.number }))
    }

    async fn render(&self, store: &Store, _: Change<'_, Self>) -> Result<usize, TaskError> {
        if store.latency {
            tokio::time::sleep(self.latency).await;
        }
        Ok(self.number)
    }
}
