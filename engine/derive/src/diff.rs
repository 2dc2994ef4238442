//! Expands `#[derive(Diff)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Error, Fields, Result, ext::IdentExt as _, spanned::Spanned as _};

use crate::field::Field;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields_of(input)?;
    let (name, vis) = (&input.ident, &input.vis);
    let changes = format_ident!("{}Changes", name.unraw());
    let compared: Vec<_> = fields.iter().filter(|field| field.compared).collect();
    let names: Vec<_> = compared.iter().map(|field| field.name).collect();
    let types: Vec<_> = compared.iter().map(|field| field.ty).collect();
    let viss: Vec<_> = compared.iter().map(|field| field.vis).collect();
    // What needs a field's type to be comparable is spanned so that errors point at the type.
    let differences = compared.iter().map(|Field { name, ty, .. }| {
        quote_spanned! { ty.span()=> ::cloudup_engine::__private::between(&actual.#name, &expected.#name) }
    });
    let listed = compared.iter().map(|Field { name, ty, label, immutable, .. }| {
        quote_spanned! { ty.span()=>
            ::cloudup_engine::__private::changed(#label, #immutable, self.#name.as_ref())
        }
    });
    let added = compared.iter().map(|Field { name, ty, label, .. }| {
        quote_spanned! { ty.span()=> ::cloudup_engine::__private::added(#label, &self.#name) }
    });
    let needs = fields.iter().map(|Field { name, ty, .. }| {
        quote_spanned! { ty.span()=> ::cloudup_engine::Field::needs(&self.#name, visit) }
    });
    let doc = format!("What differs between two values of [`{name}`].");

    Ok(quote! {
        #[doc = #doc]
        #[derive(Debug)]
        #vis struct #changes<'a> {
            #( #[doc = "The difference, if there is one."] #viss #names: ::core::option::Option<::cloudup_engine::Delta<'a, #types>>, )*
        }

        impl ::cloudup_engine::Changes for #changes<'_> {
            fn list(&self) -> ::std::vec::Vec<::cloudup_engine::FieldChange> {
                [ #( #listed, )* ].into_iter().flatten().collect()
            }
        }

        impl ::cloudup_engine::Diff for #name {
            type Changes<'a> = #changes<'a>;

            fn diff<'a>(actual: &'a Self, expected: &'a Self) -> Self::Changes<'a> {
                #changes { #( #names: #differences, )* }
            }

            fn fields(&self) -> ::std::vec::Vec<::cloudup_engine::FieldChange> {
                ::std::vec![ #( #added, )* ]
            }

            fn needs(&self, visit: &mut dyn ::core::ops::FnMut(&::cloudup_engine::Origin)) {
                #( #needs; )*
            }
        }
    })
}

/// The struct's fields, or everything that is wrong with them.
fn fields_of(input: &DeriveInput) -> Result<Vec<Field<'_>>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "`Diff` compares structs, field by field"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(
            &input.ident,
            "`Diff` needs named fields: their names appear in plans",
        ));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            "`Diff` compares plain structs: a task's kind is one, so its type has no parameters",
        ));
    }
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut wrong: Option<Error> = None;
    let mut add = |error: Error| match &mut wrong {
        Some(wrong) => wrong.combine(error),
        None => wrong = Some(error),
    };
    for field in &named.named {
        match Field::read(field) {
            Err(error) => add(error),
            Ok(field) => {
                let twin = fields.iter().any(|other| other.clashes(&field));
                if twin {
                    let message = format!("two fields would be shown as `{}`", field.label);
                    add(Error::new_spanned(field.name, message));
                }
                fields.push(field);
            }
        }
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    if fields.iter().all(|field| !field.compared) {
        return Err(Error::new_spanned(&input.ident, "there is no field here to compare"));
    }
    Ok(fields)
}
