//! What is under way, as data: who began when, what waits for what, and how much is done.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// How many things under way are named.
const NAMED: usize = 8;

/// What is under way.
#[derive(Debug)]
pub(super) struct Board {
    began: Instant,
    pub(super) finished: usize,
    pub(super) total: usize,
    /// How many were given up for something that failed.
    pub(super) blocked: usize,
    /// How long it may still take, and when that was said.
    left: Option<(Duration, Instant)>,
    busy: BTreeMap<String, Busy>,
}

/// Something under way.
#[derive(Debug)]
struct Busy {
    /// What is done, where its name does not say it.
    doing: String,
    since: Instant,
    waits: Option<Waits>,
}

/// What something waits for.
#[derive(Debug)]
struct Waits {
    why: String,
    until: Instant,
    /// Whether it goes on then, or is given up.
    goes_on: bool,
}

impl Board {
    pub(super) fn new(now: Instant) -> Self {
        Self { began: now, finished: 0, total: 0, blocked: 0, left: None, busy: BTreeMap::new() }
    }

    /// Something begins, or goes on after it waited: then it is under way since it began first.
    pub(super) fn start(&mut self, name: &str, doing: impl Into<String>, now: Instant) {
        let busy = self.busy.entry(name.to_owned()).or_insert_with(|| Busy {
            doing: String::new(),
            since: now,
            waits: None,
        });
        busy.doing = doing.into();
        busy.waits = None;
    }

    /// Something is tried again after a while.
    pub(super) fn retry(&mut self, name: &str, why: &str, after: Duration, now: Instant) {
        self.wait(name, why, after, true, now);
    }

    /// Something is waited for, for so long at most.
    pub(super) fn await_at_most(&mut self, name: &str, why: &str, most: Duration, now: Instant) {
        self.wait(name, why, most, false, now);
    }

    fn wait(&mut self, name: &str, why: &str, time: Duration, goes_on: bool, now: Instant) {
        let busy = self.busy.entry(name.to_owned()).or_insert_with(|| Busy {
            doing: String::new(),
            since: now,
            waits: None,
        });
        busy.waits = Some(Waits { why: why.to_owned(), until: now + time, goes_on });
    }

    /// Something is over.
    pub(super) fn end(&mut self, name: &str) {
        self.busy.remove(name);
    }

    /// How long it may still take, where that can be told.
    pub(super) fn estimate(&mut self, left: Option<Duration>, now: Instant) {
        self.left = left.map(|left| (left, now));
    }

    /// How far it is: `12/60 after 45s, about 1m left, 3 blocked`.
    pub(super) fn summary(&self, now: Instant) -> String {
        let done = if self.total > 0 {
            format!("{}/{} ", self.finished, self.total)
        } else {
            String::new()
        };
        let after = format!("{done}after {}", short(now - self.began));
        let left = self.left.map(|(left, said)| left.saturating_sub(now - said));
        let left = left.filter(|left| !left.is_zero());
        let left = left.map(|left| format!("about {} left", short(left)));
        let blocked = (self.blocked > 0).then(|| format!("{} blocked", self.blocked));
        [Some(after), left, blocked].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// What is under way, what has been for longest first, those that there is no room for by their
    /// number.
    pub(super) fn busy(&self, now: Instant) -> Vec<String> {
        let mut busy: Vec<_> = self.busy.iter().collect();
        busy.sort_by_key(|(name, it)| (it.since, *name));
        let mut lines: Vec<_> =
            busy.iter().take(NAMED).map(|(name, it)| it.line(name, now)).collect();
        if let Some(more) = busy.len().checked_sub(NAMED).filter(|more| *more > 0) {
            lines.push(format!("and {more} more"));
        }
        lines
    }

    /// All of it in a sentence.
    pub(super) fn sentence(&self, now: Instant) -> String {
        let busy = self.busy(now);
        if busy.is_empty() {
            return self.summary(now);
        }
        format!("{}: {}", self.summary(now), busy.join("; "))
    }
}

impl Busy {
    /// `IAMRole/nodes 12s`, and why it waits.
    fn line(&self, name: &str, now: Instant) -> String {
        let Self { doing, since, waits } = self;
        let doing = if doing.is_empty() { name } else { doing };
        let told = format!("{doing} {}", short(now - *since));
        let Some(Waits { why, until, goes_on }) = waits else { return told };
        let left = short(until.saturating_duration_since(now));
        if *goes_on {
            format!("{told}, again in {left}: {why}")
        } else {
            format!("{told}, {left} at most: {why}")
        }
    }
}

/// A duration as people say it while they wait: `45s`, `2m 5s`, `1h 3m`.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (hours, 0, _) => format!("{hours}h"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(began: Instant, seconds: u64) -> Instant {
        began + Duration::from_secs(seconds)
    }

    #[test]
    fn what_is_under_way_is_told_with_since_when_and_what_it_waits_for() {
        let now = Instant::now();
        let mut board = Board::new(now);
        board.total = 60;
        board.start("IAMRole/b", "", after(now, 1));
        board.start("VPC/a", "", after(now, 3));
        board.retry("IAMRole/b", "Throttling", Duration::from_secs(10), after(now, 5));
        assert_eq!(
            board.sentence(after(now, 8)),
            "0/60 after 8s: IAMRole/b 7s, again in 7s: Throttling; VPC/a 5s"
        );
        board.start("IAMRole/b", "", after(now, 15));
        board.end("VPC/a");
        (board.finished, board.blocked) = (12, 3);
        board.estimate(Some(Duration::from_secs(100)), after(now, 15));
        assert_eq!(
            board.sentence(after(now, 20)),
            "12/60 after 20s, about 1m 35s left, 3 blocked: IAMRole/b 19s"
        );
        board.await_at_most("nodes", "2 nodes are not ready", Duration::from_mins(15), now);
        assert!(
            board
                .sentence(after(now, 120))
                .ends_with("nodes 2m, 13m at most: 2 nodes are not ready; IAMRole/b 1m 59s"),
            "{}",
            board.sentence(after(now, 120))
        );
        // An estimate that has run out says nothing.
        assert!(!board.summary(after(now, 200)).contains("left"));
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let now = Instant::now();
        let mut board = Board::new(now);
        for number in 0..NAMED + 2 {
            board.start(&format!("VPC/{number}"), "", now);
        }
        let lines = board.busy(now);
        assert_eq!(
            (lines.len(), lines.last().map(String::as_str)),
            (NAMED + 1, Some("and 2 more"))
        );
        board.end("VPC/0");
        board.end("VPC/1");
        assert_eq!(board.busy(now).len(), NAMED);
    }

    #[test]
    fn durations_are_short() {
        for (seconds, told) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (125, "2m 5s"), (3600, "1h"), (7290, "2h 1m")]
        {
            assert_eq!(short(Duration::from_secs(seconds)), told);
        }
    }
}
