//! What people are called, in a way that cannot deceive the eye.

use effigy_core::Identity;
use effigy_core::text::clean_name;
use effigy_feed::View;
use leptos::prelude::*;

use crate::app::Model;

/// What somebody is called; before their profile came, "Somebody".
pub(crate) fn called(view: &View, synod: &Identity) -> String {
    let name = view.person(synod).map(|person| clean_name(&person.profile.name));
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "Somebody".to_owned())
}

/// Whether somebody typed this name; capitals and spaces do not matter.
pub(crate) fn is_same_name(typed: &str, name: &str) -> bool {
    clean_name(typed).to_lowercase() == clean_name(name).to_lowercase()
}

/// Somebody's name, apart from the direction of the text around it.
#[component]
pub(crate) fn Name(#[prop(into)] synod: Signal<Identity>) -> impl IntoView {
    let model = expect_context::<Model>();
    let name =
        Memo::new(move |_| model.with_view(|view| called(view, &synod.get())).unwrap_or_default());
    view! { <bdi class="name">{name}</bdi> }
}

/// The end of somebody's key: what two people of one name differ in.
#[component]
pub(crate) fn ShortKey(#[prop(into)] synod: Signal<Identity>) -> impl IntoView {
    let short = Memo::new(move |_| synod.get().short());
    view! { <span class="key" title="The end of this person's key">{short}</span> }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::is_same_name;

    #[test]
    fn the_name_is_typed_and_nothing_else() {
        assert!(is_same_name(" ana  maria ", "Ana Maria"));
        assert!(!is_same_name("Ana", "Ana Maria") && !is_same_name("", "Ana"));
    }
}
