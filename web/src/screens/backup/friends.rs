//! Friends who can help: who holds a share of this account, and what can be done about it.

use effigy_core::Identity;
use effigy_proto::{Command, ShareSet, ShareState};
use leptos::prelude::*;

use super::choose::Choose;
use super::held::FriendRow;
use crate::app::{Handle, Model, error, task};
use crate::parts::{Question, ago};

/// The set that was given, or the way to give one.
#[component]
pub(super) fn Friends(
    /// Whether the person is choosing friends.
    choosing: RwSignal<bool>,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let set = Memo::new(move |_| model.shares().with(|shares| shares.set.clone()));
    let voided = Memo::new(move |_| model.shares().with(|shares| shares.voided.clone()));
    let done = Callback::new(move |()| choosing.set(false));
    let standing = move || {
        match set.get() {
        Some(set) => view! { <Given set choosing/> }.into_any(),
        None => view! {
            <p>"Should you lose your words as well, friends can bring your account back: each keeps a share of it, and some of them together are enough. One alone can do nothing."</p>
            <div class="actions"><button class="button" type="button" on:click=move |_| choosing.set(true)>"Choose friends"</button></div>
        }
        .into_any(),
    }
    };
    view! {
        <section class="panel" aria-labelledby="friends-title">
            <h2 id="friends-title">"Friends who can help"</h2>
            // What changes of the set must not draw the choice anew.
            <Show when=move || choosing.get() fallback=move || standing>
                <Choose done replaces=set.get_untracked().is_some()/>
            </Show>
            <Show when=move || !choosing.get() && !voided.with(Vec::is_empty)>
                <p>"Shares that count no longer, and whose keepers have yet to hear that:"</p>
                <ul class="rows" aria-label="Friends who have yet to hear" role="list">
                    <For each=move || voided.get() key=Clone::clone children=move |synod| view! {
                        <li><FriendRow synod words="Is told as soon as you are both online, also when you no longer follow each other."/></li>
                    }/>
                </ul>
            </Show>
        </section>
    }
}

/// Who has a share, and how many are enough.
#[component]
fn Given(set: ShareSet, choosing: RwSignal<bool>) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let asked = RwSignal::new(false);
    let (need, of) = (usize::from(set.need), set.friends.len());
    let here = set.friends.iter().filter(|(_, state)| matches!(state, ShareState::Held(_))).count();
    let standing = match (here >= need, of.saturating_sub(here)) {
        (true, 0) => format!("Any {need} of these {of} bring your account back together."),
        (true, _) => {
            format!("Any {need} of the {here} who have theirs bring your account back together.")
        }
        (false, _) => format!(
            "{here} of {of} have theirs so far. Once {need} have, they can bring your account back together."
        ),
    };
    let act = Callback::new(move |()| {
        task::run(async move {
            match handle.request(|ticket| Command::VoidShares { ticket }).await {
                Ok(_) => model
                    .toasts()
                    .note("Your friends are asked to drop their shares as soon as they are there."),
                Err(why) => model.toasts().trouble(error::not_done(why)),
            }
        });
    });
    view! {
        <p role="status">{standing}</p>
        <ul class="rows" aria-label="Friends who have a share" role="list">
            {set.friends.into_iter().map(|(synod, state)| view! { <li><Friend synod state/></li> }).collect_view()}
        </ul>
        <p class="hint">"They were chosen on this device, and it alone lists them. Choose anew when one of them has lost their devices. They drop the shares before within two weeks: until then somebody who has your device for a while cannot take your friends' help from you."</p>
        <div class="actions">
            <button class="button" type="button" on:click=move |_| choosing.set(true)>"Choose anew"</button>
            <button class="button danger" type="button" on:click=move |_| asked.set(true)>"Have all dropped"</button>
        </div>
        <Question open=asked title="Have all shares dropped?" yes="Have them dropped" act>
            <p>"After two weeks your friends can no longer bring your account back; your recovery words still do. Until then they keep their shares, in case somebody else has your device and chose this. Somebody who changed their app could keep a share all the same, so choose no friends who would do that together."</p>
        </Question>
    }
}

#[component]
fn Friend(synod: Identity, state: ShareState) -> impl IntoView {
    let now = expect_context::<Model>().now();
    let words = Signal::derive(move || match state {
        ShareState::Held(at) => format!("Has it, confirmed {} ago", ago(at.0, now.get())),
        ShareState::Returned => "Gave it back. Choose anew.".to_owned(),
        ShareState::Underway => {
            "On its way: it waits on this device until you are both online.".to_owned()
        }
    });
    view! { <FriendRow synod words/> }
}
