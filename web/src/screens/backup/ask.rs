//! Asking for three of the words, before this device forgets all of them.

use effigy_core::mnemonic::Words;
use effigy_core::random::Random;
use leptos::prelude::*;

use crate::app::{Handle, Model, error, task};
use effigy_net_web::random;

/// How many words are asked for.
const ASKED: usize = 3;

/// Which words are asked for, in their order.
fn choose(count: usize, seed: [u8; 32]) -> Vec<usize> {
    let mut random = Random::seeded(seed);
    let mut left: Vec<usize> = (0..count).collect();
    let mut chosen: Vec<usize> = (0..ASKED.min(count))
        .map(|_| left.swap_remove(usize::try_from(random.below(left.len() as u64)).unwrap_or(0)))
        .collect();
    chosen.sort_unstable();
    chosen
}

/// Three words; with the right ones the words are forgotten here.
#[component]
pub(super) fn Ask(words: Words, back: Callback<()>) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let all: Vec<&'static str> = words.iter().collect();
    let asked: Vec<(usize, &'static str, RwSignal<String>)> =
        choose(all.len(), random().unwrap_or_default())
            .into_iter()
            .filter_map(|at| {
                Some((at.saturating_add(1), *all.get(at)?, RwSignal::new(String::new())))
            })
            .collect();
    let fields = asked.clone();
    let busy = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let wrong = asked.iter().find(|(_, word, typed)| {
            typed.with_untracked(|typed| typed.trim().to_lowercase() != *word)
        });
        if let Some((number, ..)) = wrong {
            trouble.set(Some(format!(
                "Word {number} is another one. Look at what you wrote down; nothing was forgotten."
            )));
            return;
        }
        busy.set(true);
        trouble.set(None);
        task::run(async move {
            match handle.forget_words().await {
                Ok(_) => {
                    model.toasts().note("Your words are confirmed. This device has forgotten them.")
                }
                Err(why) => drop(trouble.try_set(Some(error::not_done(why).to_owned()))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="panel stack" aria-labelledby="ask-title" autocomplete="off" on:submit=submit>
            <h2 id="ask-title">"Three of them, to be sure"</h2>
            <p class="hint">"Read them from what you wrote down. With the right ones this device forgets all words."</p>
            {fields.into_iter().map(|(number, _, typed)| view! {
                <label>
                    <span class="label">{format!("Word {number}")}</span>
                    <input type="text" autocomplete="off" autocapitalize="none" spellcheck="false" bind:value=typed/>
                </label>
            }).collect_view()}
            <p class="fault" role="alert">{trouble}</p>
            <div class="actions">
                <button class="button primary" type="submit" disabled=busy>"Confirm"</button>
                <button class="button" type="button" on:click=move |_| back.run(())>"Show the words again"</button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn three_different_words_are_asked_for() {
        for seed in 0..50 {
            let chosen = choose(12, [seed; 32]);
            assert_eq!(chosen.len(), 3);
            assert!(chosen.is_sorted_by(|a, b| a < b) && chosen.iter().all(|at| *at < 12));
        }
    }
}
