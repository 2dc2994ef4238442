//! One field of a compared struct, and what `#[diff(...)]` says about it.

use syn::{
    Error, Ident, LitStr, Result, Type, Visibility, ext::IdentExt as _, meta::ParseNestedMeta,
};

/// One field of a compared struct.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) vis: &'a Visibility,
    /// What plans call it.
    pub(crate) label: String,
    pub(crate) compared: bool,
    pub(crate) immutable: bool,
}

impl<'a> Field<'a> {
    pub(crate) fn read(field: &'a syn::Field) -> Result<Self> {
        let name = field.ident.as_ref().expect("named fields have names");
        let mut said = Said::default();
        for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("diff")) {
            attr.parse_nested_meta(|meta| said.add(&meta))?;
        }
        if said.skip && (said.immutable || said.label.is_some()) {
            return Err(Error::new_spanned(
                name,
                "a field that is skipped is neither compared nor shown: \
                 `immutable` and `rename` mean nothing for it",
            ));
        }
        Ok(Self {
            name,
            ty: &field.ty,
            vis: &field.vis,
            label: said.label.unwrap_or_else(|| name.unraw().to_string()),
            compared: !said.skip,
            immutable: said.immutable,
        })
    }

    /// Whether plans would call both the same.
    pub(crate) fn clashes(&self, other: &Self) -> bool {
        self.compared && other.compared && self.label == other.label
    }
}

/// What the attributes of a field say.
#[derive(Default)]
struct Said {
    skip: bool,
    immutable: bool,
    label: Option<String>,
}

impl Said {
    fn add(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("immutable") {
            self.immutable = true;
        } else if meta.path.is_ident("skip") {
            self.skip = true;
        } else if meta.path.is_ident("rename") {
            let label: LitStr = meta.value()?.parse()?;
            if label.value().is_empty() {
                return Err(Error::new_spanned(label, "a field cannot be shown without a name"));
            }
            self.label = Some(label.value());
        } else {
            return Err(meta.error("expected `immutable`, `skip` or `rename = \"...\"`"));
        }
        Ok(())
    }
}
