//! Which statements go into managed policies, and into which.

use cloudup_tasks::{
    cloud::iam::Quotas,
    policy::{Document, Statement},
};

use super::Fitted;
use crate::names;

/// Documents of which what has no room inline is in managed policies. `None` where a statement has
/// room in neither, or there would be more than `most` managed policies.
///
/// The role's own document stays inline as far as it goes, in the order of its Sids. What the
/// manifest adds goes as a whole, so that a change of one hardly ever moves the other. Only a
/// statement that is too large for a managed policy stays.
pub(super) fn spilled(
    own: Option<&Document>,
    additional: Option<&Document>,
    quotas: &Quotas,
    most: usize,
) -> Option<Fitted> {
    let fits_managed = |statement: &Statement| size([statement]) <= quotas.policy_size;
    let (going, staying): (Vec<_>, Vec<_>) =
        statements(additional).into_iter().partition(|statement| fits_managed(statement));
    let additional = document(staying);
    let taken = additional.as_ref().map_or(0, Document::size);
    let room = quotas.role_policy_size.checked_sub(taken)?;
    let (mut inline, mut outside): (Vec<_>, Vec<_>) =
        statements(own).into_iter().partition(|statement| !fits_managed(statement));
    outside.sort_by(|a, b| a.sid.cmp(&b.sid));
    outside.retain(|statement| {
        let fits = size(inline.iter().copied().chain([*statement])) <= room;
        if fits {
            inline.push(statement);
        }
        !fits
    });
    let own = document(inline);
    if own.as_ref().map_or(0, Document::size) > room {
        return None;
    }
    outside.extend(going);
    let managed = packed(&outside, quotas.policy_size, most)?;
    Some(Fitted { own, additional, managed, ..Fitted::default() })
}

/// As few documents as will do: each statement is in the one that it prefers among those with room
/// for it. What it prefers depends on the statement and the number of documents alone, so that a
/// change of some statements leaves others where they are.
fn packed(statements: &[&Statement], room: usize, most: usize) -> Option<Vec<Document>> {
    let mut statements: Vec<_> = statements.iter().map(|one| (text(one), *one)).collect();
    statements.sort();
    let total = size(statements.iter().map(|(_, statement)| *statement));
    (total.div_ceil(room.max(1))..=most).find_map(|count| packed_into(count, &statements, room))
}

fn packed_into(
    count: usize,
    statements: &[(String, &Statement)],
    room: usize,
) -> Option<Vec<Document>> {
    let mut documents: Vec<Vec<&Statement>> = vec![Vec::new(); count];
    for (text, statement) in statements {
        let mut places: Vec<_> = (0..count).collect();
        places.sort_by_key(|place| names::fnv1a(format!("{place} {text}").as_bytes()));
        let has_room = |place: &usize| {
            let there = &documents[*place];
            there.iter().all(|other| other.sid.is_none() || other.sid != statement.sid)
                && size(there.iter().copied().chain([*statement])) <= room
        };
        let place = places.into_iter().find(has_room)?;
        documents[place].push(statement);
    }
    documents.into_iter().map(document).collect()
}

/// What a statement says, whatever it is called: the names of some are their places in a list.
fn text(statement: &Statement) -> String {
    Document::new([Statement { sid: None, ..statement.clone() }]).compact()
}

fn statements(document: Option<&Document>) -> Vec<&Statement> {
    document.into_iter().flat_map(|document| &document.statements).collect()
}

fn size<'s>(statements: impl IntoIterator<Item = &'s Statement>) -> usize {
    Document::new(statements.into_iter().cloned()).size()
}

fn document(statements: Vec<&Statement>) -> Option<Document> {
    let mut statements: Vec<_> = statements.into_iter().cloned().collect();
    statements.sort();
    (!statements.is_empty()).then(|| Document::new(statements))
}
