//! Looking is given the reading half, and so is a plan.

use cloudup_engine::{Graph, Options};
use cloudup_engine::{Change, Diff, Found, Provider, Task, TaskError};

struct Shelf;
struct Hands(Shelf);

impl Hands {
    fn shelve(&self, _: &str) {}
}

impl Provider for Hands {
    type Reader = Shelf;
    type Writer = Hands;

    fn reader(hands: &Hands) -> &Shelf {
        &hands.0
    }
}

#[derive(Debug, Diff)]
struct Book {
    title: String,
}

impl Task for Book {
    const KIND: &'static str = "Book";
    type Provider = Hands;
    type Output = ();

    fn name(&self) -> &str {
        &self.title
    }

    async fn find(&self, shelf: &Shelf) -> Result<Option<Found<Self>>, TaskError> {
        shelf.shelve(&self.title);
        Ok(None)
    }

    async fn render(&self, hands: &Hands, _: Change<'_, Self>) -> Result<(), TaskError> {
        hands.shelve(&self.title);
        Ok(())
    }
}

async fn plan(graph: Graph<Hands>, hands: &Hands) {
    let _ = graph.plan(hands, &Options::default(), |_| ()).await;
}

fn main() {}
