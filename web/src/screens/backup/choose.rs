//! Choosing friends who can help, and how many of them are enough.

use std::collections::BTreeSet;

use effigy_core::Identity;
use effigy_core::limits::{SHARES_LEAST, SHARES_MOST, SHARES_NEEDED_LEAST};
use effigy_core::mnemonic::Words;
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, error, task};
use crate::parts::{AskLock, Avatar, Empty, Icon, LockFirst, Name, ShortKey, WordsEntry};
use crate::screens::people::friends;

/// More than half of them.
const fn majority(of: usize) -> usize {
    of / 2 + 1
}

/// The friends, then the words where this device has forgotten them.
#[component]
pub(super) fn Choose(done: Callback<()>, replaces: bool) -> impl IntoView {
    let model = expect_context::<Model>();
    let all = Memo::new(move |_| {
        let followers = model.network().with(|network| network.followers.iter().copied().collect());
        model.with_view(|view| friends(view, &followers)).unwrap_or_default()
    });
    let enough = Memo::new(move |_| all.with(Vec::len) >= SHARES_LEAST);
    view! {
        <Show when=move || enough.get() fallback=move || view! {
            <Empty icon=Icon::Friends text="At least three friends are needed: people whom you follow and who follow you.".to_owned()>
                <div class="actions">
                    <a class="button primary" href="#/people/add">"Add a friend"</a>
                    <button class="button" type="button" on:click=move |_| done.run(())>"Cancel"</button>
                </div>
            </Empty>
        }>
            <Chosen all done replaces/>
        </Show>
    }
}

#[component]
fn Chosen(all: Memo<Vec<Identity>>, done: Callback<()>, replaces: bool) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let chosen = RwSignal::new(BTreeSet::<Identity>::new());
    // What the person chose; before that, more than half.
    let wanted = RwSignal::new(None::<usize>);
    let of = Memo::new(move |_| chosen.with(BTreeSet::len));
    let need = Memo::new(move |_| {
        let of = of.get();
        wanted.get().filter(|need| *need <= of).unwrap_or(majority(of))
    });
    let is_set = Memo::new(move |_| (SHARES_LEAST..=SHARES_MOST).contains(&of.get()));
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let has_words = model.has_words();
    let give = Callback::new(move |words: Option<Words>| {
        let friends: Vec<Identity> = chosen.get_untracked().into_iter().collect();
        let need = u8::try_from(need.get_untracked()).unwrap_or_default();
        busy.set(true);
        trouble.set(None);
        task::run(async move {
            let give = |ticket| Command::GiveShares { friends, need, ticket, words };
            match handle.request(give).await {
                Ok(_) => {
                    model.toasts().note(
                        "The shares are on their way. Each arrives as soon as you are both online.",
                    );
                    done.try_run(());
                }
                Err(why) => drop(trouble.try_set(Some(error::not_done(why)))),
            }
            busy.try_set(false);
        });
    });
    let first = LockFirst::then(give);
    let take = Callback::new(move |words: Words| {
        if model.me() != Some(words.root_sign().identity()) {
            return Err(error::not_done(NotDone::Refused(effigy_proto::Refusal::Words)));
        }
        first.ask(Some(words));
        Ok(())
    });
    view! {
        <p>"Choose three to ten friends who would recognise your voice, who will be here in some years, and who would not join against you: as many of them as are enough have your whole account."</p>
        <fieldset class="choices">
            <legend>"Who helps you?"</legend>
            <For each=move || all.get() key=|synod| *synod children=move |synod| view! { <Choice synod chosen/> }/>
        </fieldset>
        <Show when=move || is_set.get() fallback=move || view! { <p class="hint" role="status">{move || how_many(of.get())}</p> }>
            <label>
                <span class="label">"How many of them are enough?"</span>
                <select on:change=move |event| wanted.set(event_target_value(&event).parse().ok())>
                    {move || (SHARES_NEEDED_LEAST..=of.get()).map(|count| view! {
                        <option value=count.to_string() selected=move || need.get() == count>{count}</option>
                    }).collect_view()}
                </select>
            </label>
            <p class="hint">{move || enough(need.get(), of.get())}</p>
            <Show when=move || replaces><p class="hint">"The friends whom you chose before drop their shares when they hear of it."</p></Show>
            <Show when=move || !has_words.get()>
                <p>"This device has forgotten your recovery words, and the shares are made from them. Enter them once more; they are forgotten again at once."</p>
                <WordsEntry take action="Give the shares"/>
            </Show>
        </Show>
        <p class="fault" role="alert">{trouble}</p>
        <div class="actions">
            <Show when=move || has_words.get() && is_set.get()>
                <button class="button primary" type="button" disabled=busy on:click=move |_| first.ask(None)>"Give the shares"</button>
            </Show>
            <button class="button" type="button" on:click=move |_| done.run(())>"Cancel"</button>
        </div>
        <AskLock first before="your friends get the shares"/>
    }
}

/// What is missing before a set can be made of so many.
fn how_many(of: usize) -> String {
    match of {
        0 => "Choose three to ten.".to_owned(),
        1 | 2 => format!("{of} chosen; at least three are needed."),
        _ => format!("{of} chosen; ten are the most."),
    }
}

/// What it means that so many are enough.
fn enough(need: usize, of: usize) -> String {
    let lost = of.saturating_sub(need);
    let without = match lost {
        0 => "None of them may be lost.".to_owned(),
        1 => "One of them may be lost.".to_owned(),
        _ => format!("{lost} of them may be lost."),
    };
    format!("Any {need} of {of} can bring your account back, and could take it. {without}")
}

#[component]
fn Choice(synod: Identity, chosen: RwSignal<BTreeSet<Identity>>) -> impl IntoView {
    let change = move |event| {
        let is_on = event_target_checked(&event);
        chosen.update(|chosen| {
            if is_on {
                chosen.insert(synod);
            } else {
                chosen.remove(&synod);
            }
        });
    };
    view! {
        <label class="choice-person">
            <input type="checkbox" prop:checked=move || chosen.with(|chosen| chosen.contains(&synod)) on:change=change/>
            <Avatar synod/>
            <span><Name synod/>" "<ShortKey synod/></span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn more_than_half_are_enough_unless_somebody_says_otherwise() {
        assert_eq!([3, 4, 5, 10].map(majority), [2, 3, 3, 6]);
        assert_eq!(
            enough(2, 3),
            "Any 2 of 3 can bring your account back, and could take it. One of them may be lost."
        );
    }
}
