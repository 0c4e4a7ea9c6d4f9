//! One post: who, when, what, and where it has got to.

use effigy_core::{Cid, Identity};
use effigy_feed::{Post, Said};
use effigy_proto::Command;
use leptos::prelude::*;

use super::delivery::DeliveryMark;
use super::markdown::plain;
use super::{Ago, Attached, Avatar, Glyph, Icon, Markdown, Name, Pictures, Question, ShortKey};
use crate::app::{Handle, Model, error, route, task};
use crate::browser::page;

/// Where a post stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// In a list: its time leads to its own page.
    Listed,
    /// On its own page.
    Main,
    /// In a thread, below what it answers.
    Nested,
}

/// A post. Nothing when it is not here or was taken back.
#[component]
pub(crate) fn PostCard(id: Cid, role: Role) -> impl IntoView {
    let model = expect_context::<Model>();
    let post = Memo::new(move |_| model.with_view(|view| view.post_by_id(&id).cloned()).flatten());
    let here = Memo::new(move |_| post.with(Option::is_some));
    move || {
        here.get().then(|| post.get_untracked()).flatten().map(|post| view! { <Card post role/> })
    }
}

#[component]
fn Card(post: Post, role: Role) -> impl IntoView {
    let Post { author, id, ref said, order, .. } = post;
    let text = said.text().to_owned();
    let images = said.images().to_vec();
    let attachment = said.attachment().cloned();
    let parent = match *said {
        Said::Comment { parent, .. } if role == Role::Listed => Some(parent),
        _ => None,
    };
    let label = format!("post-{}", id.short());
    let main = role == Role::Main;
    view! {
        <article class="card" tabindex="-1" data-post=id.to_string() aria-labelledby=label.clone() class:card-main=main>
            <header class="card-head">
                <a class="card-face" href=route::person(&author) tabindex="-1" aria-hidden="true"><Avatar synod=author/></a>
                <div class="card-who" id=label.clone()>
                    <a class="card-name" href=route::person(&author)><Name synod=author/></a>
                    <ShortKey synod=author/>
                </div>
                <a class="card-time" href=route::post(&id)><Ago time=Signal::stored(order.0)/></a>
            </header>
            {parent.map(|parent| view! { <AnswerTo parent/> })}
            {(!text.trim().is_empty()).then(|| view! { <Markdown text=Signal::stored(text)/> })}
            <Pictures images=Signal::stored(images)/>
            {attachment.map(|attachment| view! { <Attached attachment/> })}
            <Foot id author role/>
        </article>
    }
}

/// What a comment answers, in one line.
#[component]
fn AnswerTo(parent: Cid) -> impl IntoView {
    let model = expect_context::<Model>();
    let about = Memo::new(move |_| {
        model
            .with_view(|view| {
                let post = view.post_by_id(&parent)?;
                Some((super::called(view, &post.author), plain(post.said.text(), 60)))
            })
            .flatten()
    });
    view! {
        <p class="answer-to">
            <a href=route::post(&parent)>
                {move || match about.get() {
                    Some((name, text)) => view! { "Answer to "<bdi>{name}</bdi>": "<bdi>{text}</bdi> }.into_any(),
                    None => "Answer to a post that is not here".into_any(),
                }}
            </a>
        </p>
    }
}

#[component]
fn Foot(id: Cid, author: Identity, role: Role) -> impl IntoView {
    let model = expect_context::<Model>();
    let answers =
        Memo::new(move |_| model.with_view(|view| view.reply_count(&id)).unwrap_or_default());
    let label = move || match answers.get() {
        0 => "Reply".to_owned(),
        1 => "1 reply".to_owned(),
        many => format!("{many} replies"),
    };
    let mine = model.me() == Some(author);
    let may_write = move || model.out().get().is_none();
    view! {
        <footer class="card-foot">
            {(role != Role::Main).then(|| view! {
                // Where nothing can be written there may still be something to read.
                <Show when=move || may_write() || answers.get() != 0>
                    <a class="quiet" href=route::answer(&id)><Glyph icon=Icon::Bubble/>{label}</a>
                </Show>
            })}
            {mine.then(|| view! { <DeliveryMark id/> })}
            {mine.then(|| view! { <Show when=may_write><Withdraw id role/></Show> })}
        </footer>
    }
}

/// Takes one's own post back, after saying what that can do and what it cannot.
#[component]
fn Withdraw(id: Cid, role: Role) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let act = Callback::new(move |()| {
        task::run(async move {
            match handle.request(|ticket| Command::Delete { target: id, ticket }).await {
                Ok(_) => {
                    model.toasts().note("Your post was taken back.");
                    if role == Role::Main {
                        page::back("#/");
                    }
                }
                Err(why) => model.toasts().trouble(error::not_done(why)),
            }
        });
    });
    view! {
        <button class="quiet card-bin" type="button" aria-label="Delete this post" on:click=move |_| asked.set(true)>
            <Glyph icon=Icon::Bin/>
        </button>
        <Question open=asked title="Delete this post?" yes="Delete" act>
            <p>"It is removed from your feed, and everybody who has it is asked to drop it. Copies may remain with people who already saw it."</p>
        </Question>
    }
}
