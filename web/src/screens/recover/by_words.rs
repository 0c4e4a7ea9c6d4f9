//! Typing the words of an account that is to come back.

use effigy_core::mnemonic::Words;
use leptos::prelude::*;

use crate::app::{Handle, NotDone, Wish, error};
use crate::browser::accounts;
use crate::parts::WordsEntry;

/// The words, and what becomes of them.
#[component]
pub(crate) fn ByWords() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let take = Callback::new(move |words: Words| {
        if accounts::is_elsewhere(&words.root_sign().identity()) {
            return Err(error::HERE_ALREADY);
        }
        if handle.wish(Wish::Recover(words)) { Ok(()) } else { Err(error::not_done(NotDone::Busy)) }
    });
    view! {
        <section class="panel" aria-labelledby="by-words-title">
            <h2 id="by-words-title">"Recovery words"</h2>
            <p>"Enter the 12 or 24 words that you wrote down. They bring your account to this browser, with what meeting points and friends keep of it."</p>
            <WordsEntry take action="Find my account"/>
        </section>
    }
}
