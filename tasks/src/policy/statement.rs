//! One statement of a policy document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::{DocumentError, DocumentUse, Position, Principal, Values, parse};

/// Whether a statement allows or denies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// What a statement is about: what it names, or everything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice<T> {
    /// These: `Action`, `Resource`, `Principal`.
    Only(T),
    /// All but these: `NotAction`, `NotResource`, `NotPrincipal`.
    AllBut(T),
}

impl<T> Choice<T> {
    /// What it names, on whichever side.
    pub fn named(&self) -> &T {
        match self {
            Self::Only(named) | Self::AllBut(named) => named,
        }
    }

    /// Which of two words stands for its side.
    pub(super) fn word(&self, only: &'static str, all_but: &'static str) -> &'static str {
        match self {
            Self::Only(_) => only,
            Self::AllBut(_) => all_but,
        }
    }
}

/// When a statement applies: operator, then key, then values. Empty means always.
pub type Condition = BTreeMap<String, BTreeMap<String, Values>>;

/// One statement.
///
/// ```
/// use cloudup_tasks::policy::Statement;
///
/// let statement = Statement::allow("ReadTheStore")
///     .actions(["s3:GetObject"])
///     .resources(["arn:aws:s3:::store/example.com/*"])
///     .when("StringEquals", "aws:PrincipalOrgID", "o-1234567890");
/// assert_eq!(statement.sid.as_deref(), Some("ReadTheStore"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// Its id, letters and digits, which says why it is there.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Who is meant; only in trust documents.
    pub principal: Option<Choice<Principal>>,
    /// Which actions are meant.
    pub action: Choice<Values>,
    /// Which resources are meant; never in trust documents.
    pub resource: Option<Choice<Values>>,
    /// When it applies.
    pub condition: Condition,
}

impl Statement {
    /// A statement that allows.
    pub fn allow(sid: impl Into<String>) -> Self {
        Self::of(Effect::Allow, sid.into())
    }

    /// A statement that denies.
    pub fn deny(sid: impl Into<String>) -> Self {
        Self::of(Effect::Deny, sid.into())
    }

    /// Reads a list of statements, as manifests hold them, or a single one.
    ///
    /// They are written by hand. So the names of members may be in any case, and what IAM would
    /// take although it can only be a slip is refused: a misspelt variable, say.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with its place in the text.
    pub fn parse_list(text: &str, usage: DocumentUse) -> Result<Vec<Self>, DocumentError> {
        parse::statements(text, usage, None)
    }

    /// The same where it is known in which `partition` the account is: IAM takes no ARN of another.
    ///
    /// # Errors
    ///
    /// As [`parse_list`](Self::parse_list).
    pub fn parse_list_in(
        text: &str,
        usage: DocumentUse,
        partition: &str,
    ) -> Result<Vec<Self>, DocumentError> {
        parse::statements(text, usage, Some(partition))
    }

    /// Where in the text of a [list](Self::parse_list) each of its statements starts.
    ///
    /// ```
    /// use cloudup_tasks::policy::Statement;
    ///
    /// let places = Statement::places("[\n  {\"Effect\": \"Allow\"}, {\"Effect\": \"Deny\"}]");
    /// let places: Vec<_> = places.iter().map(|place| (place.line, place.column)).collect();
    /// assert_eq!(places, [(2, 3), (2, 24)]);
    /// ```
    pub fn places(text: &str) -> Vec<Position> {
        parse::places(text)
    }

    fn of(effect: Effect, sid: String) -> Self {
        Self {
            sid: Some(sid),
            effect,
            principal: None,
            action: Choice::Only(Values::default()),
            resource: None,
            condition: Condition::new(),
        }
    }

    /// For these actions. Replaces what was said before.
    #[must_use]
    pub fn actions(mut self, actions: impl Into<Values>) -> Self {
        self.action = Choice::Only(actions.into());
        self
    }

    /// For all actions but these.
    #[must_use]
    pub fn all_actions_but(mut self, actions: impl Into<Values>) -> Self {
        self.action = Choice::AllBut(actions.into());
        self
    }

    /// On these resources. Replaces what was said before.
    #[must_use]
    pub fn resources(mut self, resources: impl Into<Values>) -> Self {
        self.resource = Some(Choice::Only(resources.into()));
        self
    }

    /// On all resources but these.
    #[must_use]
    pub fn all_resources_but(mut self, resources: impl Into<Values>) -> Self {
        self.resource = Some(Choice::AllBut(resources.into()));
        self
    }

    /// To this principal. Replaces what was said before.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principal = Some(Choice::Only(principal));
        self
    }

    /// To everybody but this principal.
    #[must_use]
    pub fn everybody_but(mut self, principal: Principal) -> Self {
        self.principal = Some(Choice::AllBut(principal));
        self
    }

    /// Only when `operator` finds `key` among `values`. Values of one operator and key add up.
    #[must_use]
    pub fn when(
        mut self,
        operator: impl Into<String>,
        key: impl Into<String>,
        values: impl Into<Values>,
    ) -> Self {
        self.condition
            .entry(operator.into())
            .or_default()
            .entry(key.into())
            .or_default()
            .extend(values.into());
        self
    }
}

impl Serialize for Statement {
    /// Members in one readable order, values sorted.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sid, effect, principal, action, resource, condition } = self;
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = sid {
            map.serialize_entry("Sid", sid)?;
        }
        map.serialize_entry("Effect", effect)?;
        if let Some(principal) = principal {
            map.serialize_entry(principal.word("Principal", "NotPrincipal"), principal.named())?;
        }
        map.serialize_entry(action.word("Action", "NotAction"), action.named())?;
        if let Some(resource) = resource {
            map.serialize_entry(resource.word("Resource", "NotResource"), resource.named())?;
        }
        if !condition.is_empty() {
            map.serialize_entry("Condition", condition)?;
        }
        map.end()
    }
}
