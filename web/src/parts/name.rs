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
