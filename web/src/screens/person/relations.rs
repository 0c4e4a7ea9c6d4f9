//! Following, muting and blocking somebody.

use effigy_core::Identity;
use effigy_feed::Relation;
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, error, task};
use crate::parts::{Glyph, Icon, Question};

/// Whether a relation holds, as a signal.
pub(super) fn holds(model: Model, relation: Relation, synod: Identity) -> Memo<bool> {
    Memo::new(move |_| {
        model.with_view(|view| view.relations.holds(relation, &synod)).unwrap_or_default()
    })
}

/// Whether somebody closed their account, as a signal.
pub(super) fn is_closed(model: Model, synod: Identity) -> Memo<bool> {
    Memo::new(move |_| {
        model
            .with_view(|view| view.person(&synod).map(|person| person.closed))
            .flatten()
            .unwrap_or_default()
    })
}

/// Begins or ends a relation, and says when that failed.
pub(super) fn relate(model: Model, handle: Handle, relation: Relation, synod: Identity, on: bool) {
    task::run(async move {
        let command = |ticket| Command::Relate { on, relation, synod, ticket };
        if let Err(why) = handle.request(command).await {
            model.toasts().trouble(error::not_done(why));
        }
    });
}

/// Ends what holds towards somebody who closed their account: nothing new can begin.
#[component]
pub(super) fn PartingButtons(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let relations =
        [(Relation::Follow, "Unfollow"), (Relation::Mute, "Unmute"), (Relation::Block, "Unblock")];
    view! {
        <div class="actions">
            {relations.map(|(relation, name)| {
                let holds = holds(model, relation, synod);
                let end = move |_| relate(model, handle, relation, synod, false);
                view! {
                    <Show when=move || holds.get()>
                        <button class="button" type="button" on:click=end>{name}</button>
                    </Show>
                }
            })}
        </div>
    }
}

/// The buttons under somebody's name.
#[component]
pub(super) fn RelationButtons(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let follows = holds(model, Relation::Follow, synod);
    let muted = holds(model, Relation::Mute, synod);
    let blocked = holds(model, Relation::Block, synod);
    let asked = RwSignal::new(false);
    let set = move |relation, on| relate(model, handle, relation, synod, on);
    let block = Callback::new(move |()| set(Relation::Block, true));
    view! {
        <div class="actions">
            <Show when=move || !blocked.get()>
                <button class="button" type="button" class:primary=move || !follows.get() on:click=move |_| set(Relation::Follow, !follows.get_untracked())>
                    {move || if follows.get() { "Unfollow" } else { "Follow" }}
                </button>
                <button class="button" type="button" on:click=move |_| set(Relation::Mute, !muted.get_untracked())>
                    <Glyph icon=Icon::Mute/>{move || if muted.get() { "Unmute" } else { "Mute" }}
                </button>
            </Show>
            <button class="button" type="button" on:click=move |_| {
                if blocked.get_untracked() { set(Relation::Block, false) } else { asked.set(true) }
            }>
                <Glyph icon=Icon::Block/>{move || if blocked.get() { "Unblock" } else { "Block" }}
            </button>
        </div>
        <Question open=asked title="Block this person?" yes="Block" act=block>
            <ul class="effects">
                <li>"Their posts are removed from this device and do not come back."</li>
                <li>"Your devices give them nothing and take nothing from them."</li>
                <li>"They no longer see when you are here."</li>
                <li>"What they already have of yours, and what others pass on to them, cannot be taken back."</li>
            </ul>
            <p class="hint">"To hide their posts without any of this, mute them instead. They will not notice."</p>
        </Question>
    }
}
