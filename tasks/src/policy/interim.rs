//! What a document says while others of its role are still to be written.

use std::collections::BTreeSet;

use super::{Document, Grant, Statement};

/// A document that takes another's place, among the documents of one role, which are written one
/// after another.
#[derive(Debug)]
pub(crate) struct Replacement<'a> {
    /// What it says now.
    pub(crate) live: Option<&'a Document>,
    /// What it is to say.
    pub(crate) wanted: &'a Document,
    /// What the documents say that are written before it.
    pub(crate) earlier: Vec<&'a Document>,
    /// What the documents say now that are written after it.
    pub(crate) later_live: Vec<&'a Document>,
    /// What those are to say.
    pub(crate) later_wanted: Vec<&'a Document>,
    /// How many characters there are for it until all are written.
    pub(crate) room: usize,
}

/// What to write first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interim {
    /// What to write first, where what is wanted cannot be written at once.
    pub(crate) document: Option<Document>,
    /// What the role lacks meanwhile that it had and will have: there is no room for it.
    pub(crate) lacking: BTreeSet<Grant>,
}

impl Replacement<'_> {
    /// What to write first, so that nothing is lacking meanwhile that is there before and after.
    ///
    /// That is what is wanted, and whatever later documents gain from this one; where there is no
    /// room for that, what is there and still needed, and as much else as there is room for.
    pub(crate) fn interim(&self) -> Interim {
        let live: Vec<_> = self.live.into_iter().flat_map(|live| &live.statements).collect();
        let moving: Vec<_> =
            live.iter().copied().filter(|statement| self.moves_away(statement)).collect();
        if moving.is_empty() && self.wanted.size() <= self.room {
            return Interim::default();
        }
        let mut both = Statements::default();
        for statement in self.wanted.statements.iter().chain(moving.iter().copied()) {
            both.add(statement);
        }
        let document = if both.document().size() <= self.room {
            both.document()
        } else {
            self.as_much_as_fits(&live, &moving)
        };
        let lacking = self.lacking(&document);
        // A document has a statement. Where there is no room for one, nothing can be done.
        let can_be_written = !document.statements.is_empty() && document != *self.wanted;
        Interim { document: can_be_written.then_some(document), lacking }
    }

    /// Whether a later document gains some of this statement, and no other has it until then.
    fn moves_away(&self, statement: &Statement) -> bool {
        let gained = grants(self.later_wanted.iter().copied());
        let kept =
            grants(self.earlier.iter().chain(&self.later_live).copied().chain([self.wanted]));
        let moves = |grant: &Grant| !grant.is_covered_by(&kept) && grant.is_covered_by(&gained);
        statement.grants().iter().any(moves)
    }

    /// What is needed goes first: what stays here, what others gain, what is gained from others.
    fn as_much_as_fits(&self, live: &[&Statement], moving: &[&Statement]) -> Document {
        let wanted = self.wanted.grants();
        let stays = |statement: &&&Statement| {
            statement.grants().iter().any(|grant| grant.is_covered_by(&wanted))
        };
        let later = grants(self.later_live.iter().copied());
        let (arriving, new): (Vec<_>, Vec<_>) = self
            .wanted
            .statements
            .iter()
            .partition(|statement| statement.grants().iter().any(|g| g.is_covered_by(&later)));
        let mut fitting = Statements::default();
        let staying = live.iter().filter(stays).copied();
        for statement in staying.chain(moving.iter().copied()).chain(arriving).chain(new) {
            let mut with = fitting.clone();
            with.add(statement);
            if with.document().size() <= self.room {
                fitting = with;
            }
        }
        fitting.document()
    }

    /// What is there now and afterwards, and is not once this is written, or once all others are.
    fn lacking(&self, interim: &Document) -> BTreeSet<Grant> {
        let now = grants(self.live.into_iter().chain(self.later_live.iter().copied()));
        let then = grants([self.wanted].into_iter().chain(self.later_wanted.iter().copied()));
        let with = |others: &[&Document]| {
            grants([interim].into_iter().chain(self.earlier.iter().chain(others).copied()))
        };
        let moments = [with(&self.later_live), with(&self.later_wanted)];
        let is_kept = |grant: &Grant| grant.is_covered_by(&then);
        let lacks = |grant: &Grant| moments.iter().any(|moment| !grant.is_covered_by(moment));
        now.into_iter().filter(|grant| is_kept(grant) && lacks(grant)).collect()
    }
}

fn grants<'d>(documents: impl IntoIterator<Item = &'d Document>) -> BTreeSet<Grant> {
    documents.into_iter().flat_map(Document::grants).collect()
}

/// Statements of different documents on their way into one.
#[derive(Clone, Default)]
struct Statements(Vec<Statement>);

impl Statements {
    /// Adds a statement unless it is there. A Sid that is taken is left out: it has to be unique.
    fn add(&mut self, statement: &Statement) {
        let Self(there) = self;
        if there.contains(statement) {
            return;
        }
        let mut added = statement.clone();
        if added.sid.is_some() && there.iter().any(|other| other.sid == added.sid) {
            added.sid = None;
        }
        there.push(added);
    }

    fn document(&self) -> Document {
        Document::new(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sid: &str, action: &str) -> Statement {
        Statement::allow(sid).actions(action).resources("*")
    }

    fn document(sids: &[&str]) -> Document {
        Document::new(sids.iter().map(|sid| statement(sid, &format!("s3:{sid}"))))
    }

    /// The Sids of what is written first (nothing: what is wanted), and how much is lacking.
    fn interim(
        own: (&[&str], &[&str]),
        later: (&[&str], &[&str]),
        room: usize,
    ) -> (Vec<String>, usize) {
        let [live, wanted, later_live, later_wanted] =
            [own.0, own.1, later.0, later.1].map(document);
        let replacement = Replacement {
            live: Some(&live),
            wanted: &wanted,
            earlier: Vec::new(),
            later_live: vec![&later_live],
            later_wanted: vec![&later_wanted],
            room,
        };
        let Interim { document, lacking } = replacement.interim();
        let statements = document.into_iter().flat_map(|document| document.statements);
        (statements.filter_map(|statement| statement.sid).collect(), lacking.len())
    }

    #[test]
    fn what_moves_to_a_later_document_stays_until_then_where_there_is_room() {
        type Edit = (&'static [&'static str], &'static [&'static str]);
        type Case = (Edit, Edit, usize, (&'static [&'static str], usize));
        const TWO: usize = 158;
        assert_eq!(document(&["A", "B"]).size(), TWO);
        let table: [Case; 9] = [
            // Nothing moves.
            ((&["A"], &["A", "B"]), (&["C"], &["C"]), 9999, (&[], 0)),
            ((&["A", "B"], &["A"]), (&["C"], &["C"]), 9999, (&[], 0)),
            // The later document gives it away, after this one has it.
            ((&["A"], &["A", "B"]), (&["B", "C"], &["C"]), 9999, (&[], 0)),
            // The later one gets it.
            ((&["A", "B"], &["A"]), (&["C"], &["B", "C"]), 9999, (&["A", "B"], 0)),
            // It has it already.
            ((&["A", "B"], &["A"]), (&["B", "C"], &["B", "C"]), 9999, (&[], 0)),
            // One goes there, one comes from there.
            ((&["A", "B"], &["A", "C"]), (&["C"], &["B"]), 9999, (&["A", "C", "B"], 0)),
            // No room for both: what is here goes first, and the other is lacking.
            ((&["A", "B"], &["A", "C"]), (&["C"], &["B"]), TWO, (&["A", "B"], 1)),
            // No room for what is new until the later one has shrunk; nothing is lacking.
            ((&["A"], &["A", "B", "D"]), (&["C"], &[]), TWO, (&["A", "B"], 0)),
            // No room at all for what moves: it is lacking, and what is wanted is written.
            ((&["A", "B"], &["A", "D"]), (&[], &["B", "C"]), 60, (&[], 2)),
        ];
        for (own, later, room, (expected, lacking)) in table {
            let found = interim(own, later, room);
            let expected = expected.iter().map(|sid| (*sid).to_owned()).collect::<Vec<_>>();
            assert_eq!(found, (expected, lacking), "{own:?} {later:?} {room}");
        }
    }

    #[test]
    fn a_sid_that_two_statements_have_is_left_with_the_one_that_stays() {
        let live = Document::new([Statement::allow("S").actions(["s3:A", "s3:B"]).resources("*")]);
        let (wanted, later) =
            (Document::new([statement("S", "s3:A")]), Document::new([statement("S", "s3:B")]));
        let interim = Replacement {
            live: Some(&live),
            wanted: &wanted,
            earlier: Vec::new(),
            later_live: Vec::new(),
            later_wanted: vec![&later],
            room: 9999,
        };
        let written = interim.interim().document.expect("something moves").statements;
        assert_eq!(written[0], wanted.statements[0]);
        assert_eq!(written[1], Statement { sid: None, ..live.statements[0].clone() });
    }
}
