//! The view of everybody.

use std::collections::BTreeSet;

use effigy_core::Identity;
use leptos::prelude::*;

use super::state::{Group, members, relation};
use crate::app::Model;
use crate::parts::{Empty, Glyph, Icon, PersonRow, Screen};

/// Everybody known, by group, with a search.
#[component]
pub(crate) fn People() -> impl IntoView {
    let model = expect_context::<Model>();
    let group = RwSignal::new(Group::default());
    let sought = RwSignal::new(String::new());
    let followers = Memo::new(move |_| {
        model.network().with(|network| network.followers.iter().copied().collect::<BTreeSet<_>>())
    });
    let list = move |group, sought: &str| {
        followers
            .with(|followers| model.with_view(|view| members(view, followers, group, sought)))
            .unwrap_or_default()
    };
    let shown = Memo::new(move |_| sought.with(|sought| list(group.get(), sought)));
    let add = || {
        view! {
            <a class="button primary" href="#/people/add"><Glyph icon=Icon::PersonAdd/>"Add"</a>
        }
    };
    view! {
        <Screen title="People" actions=ViewFn::from(add)>
            <label class="search">
                <span class="sr-only">"Search people"</span>
                <Glyph icon=Icon::Search/>
                <input type="search" placeholder="Search people" autocomplete="off" bind:value=sought/>
            </label>
            <div class="tabs" role="group" aria-label="Which people">
                {Group::ALL.map(|this| {
                    let count = Memo::new(move |_| list(this, "").len());
                    view! {
                        <button class="tab" type="button" aria-pressed=move || (group.get() == this).to_string() on:click=move |_| group.set(this)>
                            {this.name()}" "<span class="count">{count}</span>
                        </button>
                    }
                })}
            </div>
            <Listed shown followers/>
            <Show when=move || shown.with(Vec::is_empty)>
                <Nobody group sought/>
            </Show>
        </Screen>
    }
}

#[component]
fn Listed(shown: Memo<Vec<Identity>>, followers: Memo<BTreeSet<Identity>>) -> impl IntoView {
    let model = expect_context::<Model>();
    view! {
        <ul class="rows">
            <For each=move || shown.get() key=|synod| *synod children=move |synod| {
                let note = Signal::derive(move || {
                    followers
                        .with(|followers| model.with_view(|view| relation(view, followers, &synod)))
                        .unwrap_or_default()
                        .to_owned()
                });
                view! { <li><PersonRow synod note/></li> }
            }/>
        </ul>
    }
}

#[component]
fn Nobody(group: RwSignal<Group>, sought: RwSignal<String>) -> impl IntoView {
    let text = Signal::derive(move || {
        if sought.with(|sought| sought.trim().is_empty()) {
            group.get().empty().to_owned()
        } else {
            "Nobody of this name is here.".to_owned()
        }
    });
    view! {
        <Empty icon=Icon::Friends text>
            <a class="button" href="#/people/add"><Glyph icon=Icon::PersonAdd/>"Add a friend"</a>
        </Empty>
    }
}
