//! The view of somebody.

use effigy_core::Identity;
use effigy_feed::Relation;
use effigy_proto::Path;
use leptos::prelude::*;

use super::keeping::Keeping;
use super::relations::{PartingButtons, RelationButtons, holds, is_closed, relate};
use super::state::Currency;
use crate::app::{Handle, Model, route};
use crate::parts::{
    Avatar, CopyField, Empty, Glyph, Icon, Markdown, Name, PostCard, Role, Screen, ShortKey,
    called, differs,
};

/// How many posts are drawn at first, and how many more each time.
const PAGE: usize = 30;

/// Somebody's page.
#[component]
pub(crate) fn PersonScreen(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let title =
        Signal::derive(move || model.with_view(|view| called(view, &synod)).unwrap_or_default());
    let about = Memo::new(move |_| {
        model
            .with_view(|view| view.person(&synod).map(|person| person.profile.about.clone()))
            .flatten()
            .unwrap_or_default()
    });
    let mine = model.me() == Some(synod);
    let closed = is_closed(model, synod);
    let may_write = move || model.out().get().is_none();
    view! {
        <Screen title back="#/people">
            <section class="person-head">
                <Avatar synod size="large"/>
                <div class="person-words">
                    <p class="person-name"><Name synod/></p>
                    <p class="row-note"><Standing synod/>" · key "<ShortKey synod/></p>
                </div>
            </section>
            <Show
                when=move || !closed.get()
                fallback=move || view! { <Tombstone synod/> }
            >
                <Show when=move || !about.with(String::is_empty)>
                    <Markdown text=about/>
                </Show>
                <Show when=may_write>
                    {if mine {
                        view! { <div class="actions"><a class="button" href="#/you/profile"><Glyph icon=Icon::Pen/>"Edit profile"</a></div> }.into_any()
                    } else {
                        view! { <RelationButtons synod/> }.into_any()
                    }}
                </Show>
                <Current synod/>
                <ByHand synod/>
                <Keeping synod/>
                <Devices synod/>
                <Posts synod/>
            </Show>
        </Screen>
    }
}

/// What is left of somebody who closed their account.
#[component]
fn Tombstone(synod: Identity) -> impl IntoView {
    let mine = expect_context::<Model>().me() == Some(synod);
    view! {
        <div class="notice" data-notice="closed">
            <Glyph icon=Icon::Info/>
            <p><strong>"This account was closed."</strong>{
                if mine { " You ended it for good. What lies on this device is still here." }
                else { " Whoever it belonged to ended it for good. What they posted was removed from this device, and nothing new can come from them." }
            }</p>
        </div>
        {(!mine).then(|| view! { <PartingButtons synod/> })}
        {mine.then(|| view! { <Posts synod/> })}
        <details class="fold-box">
            <summary>"Key"</summary>
            <CopyField label="Key" text=Signal::stored(synod.to_string())/>
        </details>
    }
}

/// What somebody is to this person.
#[component]
fn Standing(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let follows = holds(model, Relation::Follow, synod);
    let blocked = holds(model, Relation::Block, synod);
    let muted = holds(model, Relation::Mute, synod);
    let back =
        Memo::new(move |_| model.network().with(|network| network.followers.contains(&synod)));
    let closed = is_closed(model, synod);
    move || {
        if closed.get() {
            return "Account closed";
        }
        if model.me() == Some(synod) {
            return "This is you";
        }
        match (blocked.get(), follows.get(), back.get()) {
            (true, _, _) => "Blocked",
            (_, true, true) if muted.get() => "Friend, muted",
            (_, true, false) if muted.get() => "You follow them, muted",
            (_, false, _) if muted.get() => "Muted",
            (_, true, true) => "Friend: you follow each other",
            (_, true, false) => "You follow them",
            (_, false, true) => "Follows you",
            (_, false, false) => "Not followed",
        }
    }
}

/// How complete their posts are, and whether they contradict each other.
#[component]
fn Current(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let currency =
        Memo::new(move |_| model.network().with(|network| Currency::of(&network.feeds, &synod)));
    view! {
        {move || currency.get().map(|currency| view! {
            <p class="hint currency">{currency.words(model.now().get())}</p>
            {currency.stale(model.now().get()).map(|age| view! {
                <div class="notice" data-notice="stale">
                    <Glyph icon=Icon::Alert/>
                    <p>{format!("Nobody has confirmed this for {age}. There may be newer posts that have not come here.")}</p>
                </div>
            })}
            {(!currency.differing.is_empty()).then(|| view! {
                <div class="notice" data-notice="differing">
                    <Glyph icon=Icon::Alert/>
                    <ul class="effects">
                        {currency.differing.iter().map(|(differing, known)| {
                            let words = model.with_view(|view| differs(view, differing, *known)).unwrap_or_default();
                            view! { <li>{words}</li> }
                        }).collect_view()}
                    </ul>
                </div>
            })}
            {currency.forked.then(|| view! {
                <div class="notice notice-trouble" data-notice="fork">
                    <Glyph icon=Icon::Alert/>
                    <p><strong>"Two versions."</strong>" One of their devices wrote two different continuations of its posts. That happens when a browser profile is copied, or when somebody else holds its key. Ask them before you trust new posts."</p>
                </div>
            })}
        })}
    }
}

/// The way to somebody who is followed and not connected, for when there is no hub.
#[component]
fn ByHand(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let follows = holds(model, Relation::Follow, synod);
    let away = Memo::new(move |_| {
        model.network().with(|network| {
            network.peers.iter().all(|peer| peer.synod != Some(synod) || peer.path == Path::Hub)
        })
    });
    view! {
        <Show when=move || follows.get() && away.get()>
            <p class="hint"><a class="quiet" href=route::connect(&synod)><Glyph icon=Icon::Network/>"Connect without a hub"</a></p>
        </Show>
    }
}

#[component]
fn Devices(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let devices = Memo::new(move |_| {
        model
            .with_view(|view| {
                let devices = &view.person(&synod)?.devices;
                Some(devices.iter().map(|(key, name)| (*key, name.clone())).collect::<Vec<_>>())
            })
            .flatten()
            .unwrap_or_default()
    });
    view! {
        <details class="fold-box">
            <summary>"Key and devices"</summary>
            <CopyField label="Key" text=Signal::stored(synod.to_string())/>
            <ul class="rows">
                <For each=move || devices.get() key=|device| device.clone() children=|(key, name)| view! {
                    <li class="row"><Glyph icon=Icon::Devices/><span class="row-words"><bdi>{effigy_core::text::clean_name(&name)}</bdi><span class="row-note key">{key.short()}</span></span></li>
                }/>
            </ul>
        </details>
    }
}

#[component]
fn Posts(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let limit = RwSignal::new(PAGE);
    let posts = Memo::new(move |_| {
        let wanted = limit.get().saturating_add(1);
        model.with_view(|view| view.posts_of(&synod, None, wanted)).unwrap_or_default()
    });
    let more = Memo::new(move |_| posts.with(|posts| posts.len() > limit.get()));
    let shown = move || {
        let mut shown = posts.get();
        shown.truncate(limit.get());
        shown
    };
    view! {
        <section aria-labelledby="posts-title">
            <h2 id="posts-title">"Posts"</h2>
            <Show when=move || !posts.with(Vec::is_empty) fallback=move || view! { <Nothing synod/> }>
                <div class="posts">
                    <For each=shown key=|id| *id let:id>
                        <PostCard id role=Role::Listed/>
                    </For>
                </div>
                <Show when=move || more.get()>
                    <button class="button wide" type="button" on:click=move |_| limit.update(|limit| *limit = limit.saturating_add(PAGE))>"Show older posts"</button>
                </Show>
            </Show>
        </section>
    }
}

/// Why there are no posts, and what to do about it.
#[component]
fn Nothing(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let blocked = holds(model, Relation::Block, synod);
    let follows = holds(model, Relation::Follow, synod);
    let follow = move |_| relate(model, handle, Relation::Follow, synod, true);
    move || {
        let (text, way) = if model.me() == Some(synod) {
            let write = view! { <a class="button" href="#/compose"><Glyph icon=Icon::Pen/>"Write a post"</a> };
            ("What you post appears here.", Some(write.into_any()))
        } else if blocked.get() {
            ("You have blocked this person, so nothing of theirs is kept here.", None)
        } else if follows.get()
            && model.device().is_some_and(|it| !model.agreed().keeps(&it, &synod))
        {
            (
                "This device does not keep their posts. You chose so above; your other devices may have them.",
                None,
            )
        } else if follows.get() {
            let look = view! { <a class="button" href="#/you/network"><Glyph icon=Icon::Network/>"See who is connected"</a> };
            (
                "Their posts appear here as soon as somebody who has them is reached.",
                Some(look.into_any()),
            )
        } else {
            let button = view! { <button class="button primary" type="button" on:click=follow>"Follow"</button> };
            ("Follow to see their posts.", Some(button.into_any()))
        };
        view! { <Empty icon=Icon::Bubble text=text.to_owned()>{way}</Empty> }
    }
}
