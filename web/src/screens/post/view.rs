//! The view of a post and its answers.

use std::collections::BTreeSet;

use effigy_core::Cid;
use effigy_feed::{Reply, ReplyState, Said};
use leptos::prelude::*;

use crate::app::{Model, route};
use crate::parts::{Composer, Empty, Icon, PostCard, Purpose, Role, Screen, called};

/// Deeper answers are drawn without further indent.
const INDENT: usize = 6;

/// What began the thread that an entry belongs to.
fn root_of(model: Model, id: &Cid) -> Option<Cid> {
    model
        .with_view(|view| {
            view.post_by_id(id).map(|post| match post.said {
                Said::Comment { root, .. } => root,
                Said::Attached(_) | Said::Note { .. } => post.id,
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
    let missing =
        Memo::new(move |_| replies.with(|replies| in_state(replies, ReplyState::Missing)));
    view! {
        {(root != id).then(|| view! { <p class="answer-to"><a href=route::post(&root)>"Show the whole thread"</a></p> })}
        <PostCard id role=Role::Main/>
        <Show when=move || model.out().get().is_none()>
            <Composer purpose focused=reply done/>
        </Show>
        <section class="replies" aria-labelledby="replies-title">
            <h2 id="replies-title">{move || replies.with(|replies| counted(replies))}</h2>
            <Show when=move || missing.get() != 0>
                <p class="hint" data-notice="missing">{move || sought(missing.get())}</p>
            </Show>
            <Replies replies/>
        </section>
    }
}

fn in_state(replies: &[Reply], state: ReplyState) -> usize {
    replies.iter().filter(|reply| reply.state == state).count()
}

/// The words for so many answers.
fn counted(replies: &[Reply]) -> String {
    match in_state(replies, ReplyState::Here) {
        0 => "No replies yet".to_owned(),
        1 => "1 reply".to_owned(),
        many => format!("{many} replies"),
    }
}

/// What is said where answers are missing.
fn sought(missing: usize) -> String {
    let what = match missing {
        1 => "1 reply is".to_owned(),
        many => format!("{many} replies are"),
    };
    format!("{what} missing on this device and looked for at everybody who is connected.")
}

/// What hangs from the answer at this place: how many lines follow that are deeper.
fn below(replies: &[Reply], at: usize) -> &[Reply] {
    let Some((reply, after)) = replies.get(at..).and_then(<[Reply]>::split_first) else {
        return &[];
    };
    let length = after.iter().take_while(|next| next.depth > reply.depth).count();
    after.get(..length).unwrap_or_default()
}

/// The answers that are not folded away.
fn unfolded(replies: &[Reply], folded: &BTreeSet<Cid>) -> Vec<Reply> {
    let mut shown = Vec::new();
    let mut at = 0;
    while let Some(reply) = replies.get(at) {
        shown.push(*reply);
        let hidden = if folded.contains(&reply.id) { below(replies, at).len() } else { 0 };
        at = at.saturating_add(hidden).saturating_add(1);
    }
    shown
}

/// The answers, each indented below what it answers. One list, whatever the depth: a talk of two
/// people goes on for long.
#[component]
fn Replies(replies: Memo<Vec<Reply>>) -> impl IntoView {
    let folded = RwSignal::new(BTreeSet::new());
    let shown = move || replies.with(|replies| folded.with(|folded| unfolded(replies, folded)));
    view! {
        <ul class="branches">
            <For each=shown key=|reply| *reply children=move |reply| view! { <Branch reply replies folded/> }.into_any()/>
        </ul>
    }
}

/// One answer; what hangs from it can be folded away.
#[component]
fn Branch(
    reply: Reply,
    replies: Memo<Vec<Reply>>,
    folded: RwSignal<BTreeSet<Cid>>,
) -> impl IntoView {
    let Reply { depth, id, state } = reply;
    let hanging = Memo::new(move |_| {
        replies.with(|replies| {
            let at = replies.iter().position(|reply| reply.id == id)?;
            let below = below(replies, at);
            (!below.is_empty()).then(|| counted(below))
        })
    });
    let is_folded = move || folded.with(|folded| folded.contains(&id));
    let fold = move |_| {
        folded.update(|folded| {
            if !folded.remove(&id) {
                folded.insert(id);
            }
        });
    };
    let words = move || {
        let verb = if is_folded() { "Show" } else { "Hide" };
        hanging.get().map(|count| format!("{verb} {count}"))
    };
    view! {
        <li class="branch" data-depth=depth.min(INDENT) attr:aria-level=depth.saturating_add(1)>
            {match state {
                ReplyState::Here => view! { <PostCard id role=Role::Nested/> }.into_any(),
                ReplyState::Missing => view! { <p class="hint">"A reply is missing here. It is looked for."</p> }.into_any(),
                ReplyState::TakenBack => view! { <p class="hint">"This reply was taken back."</p> }.into_any(),
            }}
            <Show when=move || hanging.with(Option::is_some)>
                <button class="quiet fold" type="button" aria-expanded=move || (!is_folded()).to_string() on:click=fold>
                    {words}
                </button>
            </Show>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn reply(depth: usize, number: u8) -> Reply {
        Reply { depth, id: Cid::of(&[number]), state: ReplyState::Here }
    }

    #[test]
    fn what_is_folded_hides_what_hangs_from_it_only() {
        let replies = [reply(0, 1), reply(1, 2), reply(2, 3), reply(1, 4), reply(0, 5)];
        let shown = |folded: &[u8]| {
            let folded = folded.iter().map(|number| Cid::of(&[*number])).collect();
            unfolded(&replies, &folded)
        };
        assert_eq!(shown(&[]), replies);
        assert_eq!(shown(&[1]), [reply(0, 1), reply(0, 5)]);
        assert_eq!(shown(&[2]), [reply(0, 1), reply(1, 2), reply(1, 4), reply(0, 5)]);
        assert_eq!(shown(&[5, 3]), replies, "nothing hangs from these");
        assert_eq!(below(&replies, 0).len(), 3);
        assert_eq!(below(&replies, 9).len(), 0);
    }
}
