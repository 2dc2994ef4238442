//! From text to document: every mistake, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Choice, Condition, Document, DocumentError, DocumentUse, Effect, Mistake, Position, Principal,
    PrincipalKind, Statement, Values,
    check::Checker,
    error::did_you_mean,
    json::{Kind, Node},
};

const DOCUMENT_MEMBERS: [&str; 3] = ["Version", "Id", "Statement"];

const STATEMENT_MEMBERS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Reads a document and checks it.
pub(super) fn document(text: &str, usage: Option<DocumentUse>) -> Result<Document, DocumentError> {
    read(text, usage, Reader::document)
}

/// Reads a list of statements, or a single one, and checks it.
pub(super) fn statements(
    text: &str,
    usage: Option<DocumentUse>,
) -> Result<Vec<Statement>, DocumentError> {
    read(text, usage, |reader, root| Some(reader.statements("", root)))
}

/// Where each statement of a list starts.
pub(super) fn places(text: &str) -> Vec<Position> {
    let Ok(root) = Node::parse(text) else { return Vec::new() };
    let nodes = match root.kind() {
        Ok(Kind::List(items)) => items,
        Ok(Kind::Object(_)) => vec![root],
        _ => Vec::new(),
    };
    nodes.into_iter().map(|node| Position::of(text, node.offset(text))).collect()
}

fn read<'t, T>(
    text: &'t str,
    usage: Option<DocumentUse>,
    read: impl FnOnce(&mut Reader<'t>, Node<'t>) -> Option<T>,
) -> Result<T, DocumentError> {
    let root = match Node::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let mut mistake = Mistake::new("", format!("is not JSON: {}", syntax(&error)));
            mistake.position = (error.line() > 0)
                .then_some(Position { line: error.line(), column: error.column().max(1) });
            return Err(DocumentError { mistakes: vec![mistake] });
        }
    };
    let mut reader = Reader { text, usage, places: BTreeMap::new(), mistakes: Vec::new() };
    let result = read(&mut reader, root);
    let Reader { places, mut mistakes, .. } = reader;
    match result {
        Some(result) if mistakes.is_empty() => Ok(result),
        _ => {
            for mistake in mistakes.iter_mut().filter(|mistake| mistake.position.is_none()) {
                mistake.position = Some(Position::of(text, place(&places, &mistake.path)));
            }
            mistakes.sort_by_key(|mistake| mistake.position);
            Err(DocumentError { mistakes })
        }
    }
}

/// What `serde_json` says, without the place, which we say ourselves.
fn syntax(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => message,
    }
}

/// The place of `path`, or of the innermost thing around it that has one.
fn place(places: &BTreeMap<String, usize>, path: &str) -> usize {
    let mut path = path;
    loop {
        match (places.get(path), path.rfind(['.', '['])) {
            (Some(offset), _) => return *offset,
            (None, Some(end)) => path = &path[..end],
            (None, None) => return places.get("").copied().unwrap_or_default(),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    usage: Option<DocumentUse>,
    /// Where each path starts.
    places: BTreeMap<String, usize>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn check(&mut self) -> Checker<'_> {
        Checker { usage: self.usage, mistakes: &mut self.mistakes }
    }

    fn wrong(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Takes a value apart, and remembers where it is.
    fn open<'n>(&mut self, path: &str, node: Node<'n>) -> Option<Kind<'n>> {
        self.places.insert(path.to_owned(), node.offset(self.text));
        match node.kind() {
            Ok(kind) => Some(kind),
            Err(error) => {
                self.wrong(Mistake::new(path, format!("cannot be read: {}", syntax(&error))));
                None
            }
        }
    }

    fn expected(&mut self, path: &str, expected: &str, found: &Kind<'_>) {
        self.wrong(Mistake::new(path, format!("must be {expected}, is {}", found.describe())));
    }

    /// An object's members by name. Refuses what is written twice, and, where `known` names the
    /// members there can be, any other.
    fn object<'n>(
        &mut self,
        path: &str,
        node: Node<'n>,
        known: Option<&[&str]>,
    ) -> Option<Vec<(String, Node<'n>)>> {
        let members = match self.open(path, node)? {
            Kind::Object(members) => members,
            other => {
                self.expected(path, "an object", &other);
                return None;
            }
        };
        let mut kept: Vec<(String, Node<'n>)> = Vec::new();
        for member in members {
            let at = join(path, &member.name);
            let name = &member.name;
            let mistake = if known.is_some_and(|known| !known.contains(&name.as_str())) {
                let hint = did_you_mean(name, known.unwrap_or_default().iter().copied());
                Some(Mistake::new(&at, "is not a member that a policy has here").maybe_hint(hint))
            } else if kept.iter().any(|(kept, _)| kept == name) {
                Some(Mistake::new(&at, "is written twice").hint("keep one of them"))
            } else {
                None
            };
            match mistake {
                Some(mut mistake) => {
                    let offset = member.name_node.offset(self.text);
                    mistake.position = Some(Position::of(self.text, offset));
                    self.wrong(mistake);
                }
                None => kept.push((member.name, member.value)),
            }
        }
        Some(kept)
    }

    fn string(&mut self, path: &str, node: Node<'_>) -> Option<String> {
        match self.open(path, node)? {
            Kind::Text(text) => Some(text),
            other => {
                self.expected(path, "a string", &other);
                None
            }
        }
    }

    /// A value or a list of values.
    fn values(&mut self, path: &str, node: Node<'_>, scalars: Scalars) -> Option<Values> {
        match self.open(path, node)? {
            Kind::List(items) => {
                let values = items.into_iter().enumerate().map(|(index, item)| {
                    let path = format!("{path}[{index}]");
                    let kind = self.open(&path, item)?;
                    self.scalar(&path, kind, scalars, "a string")
                });
                // Every item is looked at before the first bad one counts.
                let values: Vec<Option<String>> = values.collect();
                values.into_iter().collect()
            }
            kind => Some(self.scalar(path, kind, scalars, "a string or a list of strings")?.into()),
        }
    }

    fn strings(&mut self, path: &str, node: Node<'_>) -> Option<Values> {
        self.values(path, node, Scalars::Strings)
    }

    fn scalar(
        &mut self,
        path: &str,
        kind: Kind<'_>,
        scalars: Scalars,
        expected: &str,
    ) -> Option<String> {
        match (kind, scalars) {
            (Kind::Text(text), _) => Some(text),
            (Kind::Bool(value), Scalars::Any) => Some(value.to_string()),
            (Kind::Number(value), Scalars::Any) => Some(value.to_owned()),
            (other, _) => {
                self.expected(path, expected, &other);
                None
            }
        }
    }

    fn document(&mut self, root: Node<'_>) -> Option<Document> {
        let mut document = Document { version: None, id: None, statements: Vec::new() };
        let members = self.object("", root, Some(&DOCUMENT_MEMBERS))?;
        if !members.iter().any(|(name, _)| name == "Statement") {
            self.wrong(Mistake::new("", "has no `Statement`"));
        }
        for (name, node) in members {
            match name.as_str() {
                "Version" => {
                    document.version = self.string("Version", node);
                    if let Some(version) = &document.version {
                        self.check().version("Version", version);
                    }
                }
                "Id" => document.id = self.string("Id", node),
                _ => document.statements = self.statements("Statement", node),
            }
        }
        Some(document)
    }

    fn statements(&mut self, path: &str, node: Node<'_>) -> Vec<Statement> {
        let items = match self.open(path, node) {
            Some(Kind::List(items)) => items,
            // Its path is that of the only one in a list.
            Some(Kind::Object(_)) => vec![node],
            Some(other) => {
                self.expected(path, "a list of statements", &other);
                return Vec::new();
            }
            None => return Vec::new(),
        };
        self.check().count(path, items.len());
        let mut sids = BTreeSet::new();
        let mut statements = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            statements.extend(self.statement(&format!("{path}[{index}]"), item, &mut sids));
        }
        statements
    }

    fn statement(
        &mut self,
        path: &str,
        node: Node<'_>,
        sids: &mut BTreeSet<String>,
    ) -> Option<Statement> {
        let members = self.object(path, node, Some(&STATEMENT_MEMBERS))?;
        let mut members: BTreeMap<String, Node<'_>> = members.into_iter().collect();
        let mut take = |name: &str| members.remove(name).map(|node| (join(path, name), node));
        let sid = take("Sid");
        let effect = take("Effect");
        let principal = Pair(take("Principal"), take("NotPrincipal"));
        let action = Pair(take("Action"), take("NotAction"));
        let resource = Pair(take("Resource"), take("NotResource"));
        let condition = take("Condition");

        let sid = sid.and_then(|(at, node)| self.string(&at, node));
        if let Some(sid) = &sid {
            self.check().sid(path, sid, sids);
        }
        let effect = if let Some((at, node)) = effect {
            self.effect(&at, node)
        } else {
            self.wrong(Mistake::new(path, "has no `Effect`").hint("say `Allow` or `Deny`"));
            None
        };
        let is_there = principal.is_there();
        let principal = self.choice(path, "Principal", principal, Self::principal);
        if principal.is_some() || !is_there {
            self.check().principal(path, principal.as_ref());
        }
        let is_there = action.is_there();
        let action = self.choice(path, "Action", action, Self::strings);
        match &action {
            Some(action) => self.check().actions(path, action),
            None if is_there => {}
            None => self.wrong(Mistake::new(path, "has neither `Action` nor `NotAction`")),
        }
        let is_there = resource.is_there();
        let resource = self.choice(path, "Resource", resource, Self::strings);
        if resource.is_some() || !is_there {
            self.check().resources(path, resource.as_ref());
        }
        let condition = condition.map(|(at, node)| self.condition(&at, node)).unwrap_or_default();
        self.check().condition(path, &condition);
        Some(Statement { sid, effect: effect?, principal, action: action?, resource, condition })
    }

    /// One of two members that exclude each other: `Action` and `NotAction`.
    fn choice<'n, T>(
        &mut self,
        path: &str,
        word: &str,
        Pair(only, all_but): Pair<'n>,
        mut read: impl FnMut(&mut Self, &str, Node<'n>) -> Option<T>,
    ) -> Option<Choice<T>> {
        match (only, all_but) {
            (Some((at, node)), None) => read(self, &at, node).map(Choice::Only),
            (None, Some((at, node))) => read(self, &at, node).map(Choice::AllBut),
            (None, None) => None,
            (Some(_), Some(_)) => {
                let message = format!("has both `{word}` and `Not{word}`");
                self.wrong(Mistake::new(path, message).hint("make two statements of it"));
                None
            }
        }
    }

    fn effect(&mut self, path: &str, node: Node<'_>) -> Option<Effect> {
        let text = self.string(path, node)?;
        match text.as_str() {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            other => {
                let hint = did_you_mean(other, ["Allow", "Deny"]);
                let message = format!("must be `Allow` or `Deny`, is `{other}`");
                self.wrong(Mistake::new(path, message).maybe_hint(hint));
                None
            }
        }
    }

    fn principal(&mut self, path: &str, node: Node<'_>) -> Option<Principal> {
        match self.open(path, node)? {
            Kind::Text(text) if text == "*" => return Some(Principal::Anyone),
            Kind::Text(text) => {
                let mistake =
                    Mistake::new(path, format!("must be \"*\" or an object, is {text:?}"));
                self.wrong(mistake.hint("say what kind it is: {\"Service\": …} or {\"AWS\": …}"));
                return None;
            }
            Kind::Object(_) => {}
            other => {
                self.expected(path, "\"*\" or an object", &other);
                return None;
            }
        }
        let names = PrincipalKind::ALL.map(PrincipalKind::name);
        let mut kinds = BTreeMap::new();
        for (name, node) in self.object(path, node, Some(&names))? {
            let values = self.strings(&join(path, &name), node);
            let kind = PrincipalKind::ALL.into_iter().find(|kind| kind.name() == name);
            if let (Some(kind), Some(values)) = (kind, values) {
                kinds.insert(kind, values);
            }
        }
        Some(Principal::Of(kinds))
    }

    fn condition(&mut self, path: &str, node: Node<'_>) -> Condition {
        let mut condition = Condition::new();
        for (operator, node) in self.object(path, node, None).unwrap_or_default() {
            let path = join(path, &operator);
            let mut keys = BTreeMap::new();
            for (key, node) in self.object(&path, node, None).unwrap_or_default() {
                if let Some(values) = self.values(&join(&path, &key), node, Scalars::Any) {
                    keys.insert(key, values);
                }
            }
            condition.insert(operator, keys);
        }
        condition
    }
}

/// Two members that exclude each other, each with its path: `Action` and `NotAction`.
struct Pair<'n>(Option<(String, Node<'n>)>, Option<(String, Node<'n>)>);

impl Pair<'_> {
    fn is_there(&self) -> bool {
        self.0.is_some() || self.1.is_some()
    }
}

/// Which plain values may stand in a list.
#[derive(Clone, Copy)]
enum Scalars {
    /// Strings.
    Strings,
    /// Booleans and numbers too: IAM takes them in conditions, and means their text.
    Any,
}

/// The path of a member.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
