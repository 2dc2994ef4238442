//! When each instance was replaced.

use super::Event;

/// When each instance was detached, drained and replaced, from what was told while it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Each stretch, by when it began.
    pub stretches: Vec<Stretch>,
}

/// A stretch of time in which one thing was done about an instance, in milliseconds from the start of
/// the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The instance group.
    pub group: String,
    /// The instance.
    pub instance: String,
    /// What was done.
    pub stage: Stage,
    /// When it began.
    pub started_ms: u64,
    /// When it was over; none if the run ended before.
    pub ended_ms: Option<u64>,
}

/// What was done about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was detached, and the group waited for another in its place.
    Detaching,
    /// Its node was drained.
    Draining,
    /// It was terminated, and the group waited to be well again.
    Replacing,
}

impl Stage {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detaching => "detaching",
            Self::Draining => "draining",
            Self::Replacing => "replacing",
        }
    }
}

impl Timeline {
    /// Takes in what happened so long after the start of the run.
    pub fn note(&mut self, event: &Event<'_>, at_ms: u64) {
        match *event {
            Event::Detaching { group, instance } => {
                self.begin(group, instance, Stage::Detaching, at_ms);
            }
            Event::Draining { group, instance, .. } => {
                self.begin(group, instance, Stage::Draining, at_ms);
            }
            Event::Terminating { group, instance, .. } => {
                self.begin(group, instance, Stage::Replacing, at_ms);
            }
            // A group that is well waits for nothing any more; a node may still be drained.
            Event::Settled { group } => {
                self.end(at_ms, |it| it.group == group && it.stage != Stage::Draining);
            }
            Event::GroupFinished { group, .. } => self.end(at_ms, |it| it.group == group),
            Event::GroupStarted { .. } | Event::Waiting { .. } | Event::Warning { .. } => {}
        }
    }

    fn begin(&mut self, group: &str, instance: &str, stage: Stage, at_ms: u64) {
        self.end(at_ms, |it| it.instance == instance);
        self.stretches.push(Stretch {
            group: group.to_owned(),
            instance: instance.to_owned(),
            stage,
            started_ms: at_ms,
            ended_ms: None,
        });
    }

    fn end(&mut self, at_ms: u64, is_over: impl Fn(&Stretch) -> bool) {
        let open = self.stretches.iter_mut().filter(|it| it.ended_ms.is_none());
        for stretch in open.filter(|it| is_over(it)) {
            stretch.ended_ms = Some(at_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_ends_where_the_next_of_its_instance_begins_or_the_group_is_well() {
        let (group, other) = ("nodes", "masters");
        let mut timeline = Timeline::default();
        let mut at_ms = 0;
        for event in [
            Event::Detaching { group, instance: "i-1" },
            Event::Settled { group: other },
            Event::Settled { group },
            Event::Draining { group, instance: "i-1", node: None },
            Event::Draining { group, instance: "i-2", node: None },
            Event::Settled { group },
            Event::Terminating { group, instance: "i-1", warm: false },
            Event::Settled { group },
            Event::GroupFinished { group, replaced: 1 },
            Event::Terminating { group: other, instance: "i-3", warm: false },
        ] {
            at_ms += 10;
            timeline.note(&event, at_ms);
        }
        let told: Vec<_> = timeline
            .stretches
            .iter()
            .map(|it| (it.instance.as_str(), it.stage.name(), it.started_ms, it.ended_ms))
            .collect();
        assert_eq!(
            told,
            [
                ("i-1", "detaching", 10, Some(30)),
                ("i-1", "draining", 40, Some(70)),
                ("i-2", "draining", 50, Some(90)),
                ("i-1", "replacing", 70, Some(80)),
                ("i-3", "replacing", 100, None),
            ]
        );
    }
}
