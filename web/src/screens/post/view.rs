//! The view of a post and its answers.

use effigy_core::Cid;
use effigy_feed::{Reply, Said};
use leptos::prelude::*;

use crate::app::{Model, route};
use crate::parts::{Composer, Empty, Icon, PostCard, Purpose, Role, Screen, called};

/// Deeper answers are drawn without further indent.
const INDENT: usize = 5;

/// What began the thread that an entry belongs to.
fn root_of(model: Model, id: &Cid) -> Option<Cid> {
    model
        .with_view(|view| {
            view.post_by_id(id).map(|post| match post.said {
                Said::Comment { root, .. } => root,
                Said::Note { .. } => post.id,
            })
        })
        .flatten()
}

/// A post with its permanent address.
#[component]
pub(crate) fn PostScreen(id: Cid, reply: bool) -> impl IntoView {
    let model = expect_context::<Model>();
    let root = Memo::new(move |_| root_of(model, &id));
    let author = Memo::new(move |_| {
        model.with_view(|view| Some(called(view, &view.post_by_id(&id)?.author))).flatten()
    });
    let title = Signal::derive(move || match author.get() {
        Some(author) => format!("Post by {author}"),
        None => "Post".to_owned(),
    });
    view! {
        <Screen title back="#/">
            {move || match root.get() {
                Some(root) => view! { <Thread id root reply/> }.into_any(),
                None => view! { <Gone id/> }.into_any(),
            }}
        </Screen>
    }
}

/// The post is not here: taken back, or never come.
#[component]
fn Gone(id: Cid) -> impl IntoView {
    let model = expect_context::<Model>();
    let words = Signal::derive(move || {
        if model.with_view(|view| view.is_deleted(&id)).unwrap_or_default() {
            "Its author took this post back.".to_owned()
        } else {
            "This post is not on this device. It appears by itself when somebody who has it is reached.".to_owned()
        }
    });
    view! {
        <Empty icon=Icon::Search text=words>
            <a class="button primary" href="#/">"Go home"</a>
        </Empty>
    }
}

#[component]
fn Thread(id: Cid, root: Cid, reply: bool) -> impl IntoView {
    let model = expect_context::<Model>();
    let replies = Memo::new(move |_| model.with_view(|view| view.replies(&id)).unwrap_or_default());
    let purpose = Purpose::Answer { parent: id, root };
    let done = Callback::new(move |()| model.toasts().note(purpose.sent()));
    view! {
        {(root != id).then(|| view! { <p class="answer-to"><a href=route::post(&root)>"Show the whole thread"</a></p> })}
        <PostCard id role=Role::Main/>
        <Composer purpose focused=reply done/>
        <section class="replies" aria-labelledby="replies-title">
            <h2 id="replies-title">{move || replies.with(|replies| counted(replies))}</h2>
            <Branches replies=replies depth=0/>
        </section>
    }
}

/// The heading above the answers.
fn counted(replies: &[Reply]) -> String {
    fn count(replies: &[Reply]) -> usize {
        replies.iter().map(|reply| count(&reply.replies).saturating_add(1)).sum()
    }
    match count(replies) {
        0 => "No replies yet".to_owned(),
        1 => "1 reply".to_owned(),
        many => format!("{many} replies"),
    }
}

/// The answers to one entry.
#[component]
fn Branches(#[prop(into)] replies: Signal<Vec<Reply>>, depth: usize) -> impl IntoView {
    let ids = Memo::new(move |_| {
        replies.with(|replies| replies.iter().map(|r| r.id).collect::<Vec<_>>())
    });
    view! {
        <ul class="branches">
            <For each=move || ids.get() key=|id| *id children=move |id| {
                let below = Memo::new(move |_| replies.with(|replies| {
                    replies.iter().find(|reply| reply.id == id).map(|reply| reply.replies.clone()).unwrap_or_default()
                }));
                view! { <Branch id below depth/> }.into_any()
            }/>
        </ul>
    }
    .into_any()
}

/// One answer; what hangs from it can be folded away.
#[component]
fn Branch(id: Cid, below: Memo<Vec<Reply>>, depth: usize) -> impl IntoView {
    let model = expect_context::<Model>();
    let folded = RwSignal::new(false);
    let flat = depth >= INDENT;
    let here = Memo::new(move |_| {
        model.with_view(|view| view.post_by_id(&id).is_some()).unwrap_or_default()
    });
    let has_below = Memo::new(move |_| below.with(|below| !below.is_empty()));
    let fold = move || {
        let count = below.with(|below| counted(below));
        if folded.get() { format!("Show {count}") } else { format!("Hide {count}") }
    };
    view! {
        <li class="branch" class:branch-flat=flat>
            <Show when=move || here.get() fallback=|| view! { <p class="hint">"This reply was taken back."</p> }>
                <PostCard id role=Role::Nested/>
            </Show>
            <Show when=move || has_below.get()>
                <button class="quiet fold" type="button" aria-expanded=move || (!folded.get()).to_string() on:click=move |_| folded.update(|folded| *folded = !*folded)>
                    {fold}
                </button>
                <Show when=move || !folded.get()>
                    <Branches replies=below depth=depth.saturating_add(1)/>
                </Show>
            </Show>
        </li>
    }
}
