//! Expands `#[derive(Diff)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type};

struct Field<'a> {
    name: &'a Ident,
    ty: &'a Type,
    vis: &'a syn::Visibility,
    compared: bool,
    immutable: bool,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields_of(input)?;
    let (name, vis) = (&input.ident, &input.vis);
    let changes = format_ident!("{name}Changes");
    let compared: Vec<_> = fields.iter().filter(|field| field.compared).collect();
    if compared.is_empty() {
        return Err(Error::new_spanned(name, "there is no field here to compare"));
    }

    let names: Vec<_> = compared.iter().map(|field| field.name).collect();
    let types: Vec<_> = compared.iter().map(|field| field.ty).collect();
    let viss: Vec<_> = compared.iter().map(|field| field.vis).collect();
    let labels: Vec<_> = names.iter().map(ToString::to_string).collect();
    let immutable: Vec<_> = compared.iter().map(|field| field.immutable).collect();
    let all: Vec<_> = fields.iter().map(|field| field.name).collect();
    let doc = format!("What differs between two values of [`{name}`].");

    Ok(quote! {
        #[doc = #doc]
        #[derive(Debug)]
        #vis struct #changes<'a> {
            #( #[doc = "The difference, if there is one."] #viss #names: ::core::option::Option<::cloudup_engine::Delta<'a, #types>>, )*
        }

        impl ::cloudup_engine::Changes for #changes<'_> {
            fn list(&self) -> ::std::vec::Vec<::cloudup_engine::FieldChange> {
                [ #( ::cloudup_engine::__private::changed(#labels, #immutable, self.#names.as_ref()), )* ]
                    .into_iter().flatten().collect()
            }
        }

        impl ::cloudup_engine::Diff for #name {
            type Changes<'a> = #changes<'a>;

            fn diff<'a>(actual: &'a Self, expected: &'a Self) -> Self::Changes<'a> {
                #changes { #( #names: ::cloudup_engine::__private::between(&actual.#names, &expected.#names), )* }
            }

            fn fields(&self) -> ::std::vec::Vec<::cloudup_engine::FieldChange> {
                ::std::vec![ #( ::cloudup_engine::__private::added(#labels, &self.#names), )* ]
            }

            fn needs(&self, visit: &mut dyn ::core::ops::FnMut(&::cloudup_engine::Origin)) {
                #( ::cloudup_engine::Field::needs(&self.#all, visit); )*
            }
        }
    })
}

fn fields_of(input: &DeriveInput) -> Result<Vec<Field<'_>>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "`Diff` compares structs"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(
            &input.ident,
            "`Diff` needs named fields: their names appear in plans",
        ));
    };
    named.named.iter().map(field_of).collect()
}

fn field_of(field: &syn::Field) -> Result<Field<'_>> {
    let (mut compared, mut immutable) = (true, false);
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("diff")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("immutable") {
                immutable = true;
                Ok(())
            } else if meta.path.is_ident("skip") {
                compared = false;
                Ok(())
            } else {
                Err(meta.error("expected `immutable` or `skip`"))
            }
        })?;
    }
    let name = field.ident.as_ref().expect("named fields have names");
    Ok(Field { name, ty: &field.ty, vis: &field.vis, compared, immutable })
}
