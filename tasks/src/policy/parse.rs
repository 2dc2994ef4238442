//! From text to document: every mistake, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Choice, Condition, Document, DocumentError, DocumentUse, Effect, Mistake, Position, Principal,
    PrincipalKind, Statement,
    check::Grammar,
    error::{Lines, did_you_mean},
    json::{Kind, Member, Node},
    reader::{Reader, Scalars, join, read},
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
    read(text, Grammar { usage, ..Grammar::default() }, Reader::document)
}

/// Reads a list of statements, or a single one, and checks it.
pub(super) fn statements(
    text: &str,
    usage: DocumentUse,
    partition: Option<&str>,
) -> Result<Vec<Statement>, DocumentError> {
    let grammar = Grammar { usage: Some(usage), by_hand: true, partition };
    read(text, grammar, |reader, root| Some(reader.statements("", root)))
}

/// Where each statement of a list starts.
pub(super) fn places(text: &str) -> Vec<Position> {
    let Ok(root) = Node::parse(text) else { return Vec::new() };
    let nodes = match root.kind() {
        Ok(Kind::List(items)) => items,
        Ok(Kind::Object(_)) => vec![root],
        _ => Vec::new(),
    };
    let lines = Lines::of(text);
    nodes.into_iter().map(|node| lines.position(node.offset(text))).collect()
}

impl Reader<'_> {
    fn document(&mut self, root: Node<'_>) -> Option<Document> {
        let mut document = Document { version: None, id: None, statements: Vec::new() };
        let members = self.object("", root, Some(&DOCUMENT_MEMBERS))?;
        if !members.iter().any(|(name, _)| name == "Statement") && !self.is_meant("", "Statement") {
            self.wrong(Mistake::new("", "has no `Statement`").hint("a policy is a list of them"));
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
        if self.is_policy(node) {
            let mistake = Mistake::new(path, "is a whole policy, and has to be a statement");
            self.wrong(mistake.hint("give what is in its `Statement`"));
            self.places.insert(path.to_owned(), node.offset(self.text));
            return None;
        }
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
        } else if self.is_meant(path, "Effect") {
            None
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
            None if is_there || self.is_meant(path, "Action") => {}
            None => {
                let mistake = Mistake::new(path, "has neither `Action` nor `NotAction`");
                self.wrong(mistake.hint("say what it is about: \"Action\": \"service:Action\""));
            }
        }
        let is_there = resource.is_there();
        let resource = self.choice(path, "Resource", resource, Self::strings);
        if resource.is_some() || !(is_there || self.is_meant(path, "Resource")) {
            self.check().resources(path, resource.as_ref());
        }
        let condition = condition.map(|(at, node)| self.condition(&at, node)).unwrap_or_default();
        self.check().condition(path, &condition);
        Some(Statement { sid, effect: effect?, principal, action: action?, resource, condition })
    }

    /// Whether somebody put a policy where one of its statements goes.
    fn is_policy(&self, node: Node<'_>) -> bool {
        let is_list = |member: &Member<'_>| member.name.eq_ignore_ascii_case("Statement");
        self.grammar.by_hand
            && matches!(node.kind(), Ok(Kind::Object(members)) if members.iter().any(is_list))
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
                let hint = hint.unwrap_or_else(|| "say `Allow` or `Deny`".to_owned());
                let message = format!("must be `Allow` or `Deny`, is `{other}`");
                self.wrong(Mistake::new(path, message).hint(hint));
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
            let Some(members) = self.object(&path, node, None) else { continue };
            if members.is_empty() {
                self.nothing(&path, "compares nothing", "give it a key with values, or remove it");
            }
            let mut keys = BTreeMap::new();
            for (key, node) in members {
                let path = join(&path, &key);
                let Some(values) = self.values(&path, node, Scalars::Any) else { continue };
                if values.is_empty() {
                    self.nothing(&path, "is compared with no value", "give one, or remove the key");
                }
                keys.insert(key, values);
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
