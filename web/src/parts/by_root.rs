//! What only the recovery words can do: this device has them still, or the person types them.

use effigy_core::mnemonic::Words;
use leptos::prelude::*;

use super::{AskLock, LockFirst, Question, WordsEntry};
use crate::app::Model;

/// The last question before it is done.
#[derive(Clone, Copy)]
pub(crate) struct LastQuestion {
    /// What is asked.
    pub(crate) title: &'static str,
    /// What the button says that does it.
    pub(crate) yes: &'static str,
    /// What happens then.
    pub(crate) words: &'static str,
}

/// The fields for the words, where they are needed, a way back, a button and a last question.
#[component]
pub(crate) fn ByRoot(
    /// Says what else is not right yet.
    check: Callback<(), Result<(), &'static str>>,
    /// Does it, by the words if they were typed.
    act: Callback<Option<Words>>,
    /// What the button says.
    action: &'static str,
    /// Where Cancel leads.
    back: &'static str,
    /// Why the words are asked for.
    why: &'static str,
    /// What is asked before it is done.
    question: LastQuestion,
    /// Before what the app lock is asked for.
    before: &'static str,
) -> impl IntoView {
    let has_words = expect_context::<Model>().has_words();
    let (asked, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    // They wait here for the last question, and no longer.
    let words = StoredValue::new(None::<Words>);
    let ask = move |given: Option<Words>| -> Result<(), &'static str> {
        check.run(())?;
        words.set_value(given);
        asked.set(true);
        Ok(())
    };
    Effect::new(move || {
        if !asked.get() {
            words.set_value(None);
        }
    });
    let first = LockFirst::then(act);
    let agree = Callback::new(move |()| {
        let mut given = None;
        words.update_value(|words| given = words.take());
        first.ask(given);
    });
    let take = Callback::new(move |words: Words| ask(Some(words)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        trouble.set(ask(None).err());
    };
    let cancel = move || view! { <a class="button" href=back>"Cancel"</a> };
    let LastQuestion { title, yes, words: then } = question;
    view! {
        <Show
            when=move || has_words.get()
            fallback=move || view! {
                <section class="panel" aria-labelledby="by-root-title">
                    <h2 id="by-root-title">"Your recovery words"</h2>
                    <p>{why}</p>
                    <WordsEntry take action/>
                    <div class="actions">{cancel()}</div>
                </section>
            }
        >
            <form class="stack" on:submit=submit>
                <p class="fault" role="alert">{trouble}</p>
                <div class="actions">{cancel()}<button class="button danger" type="submit">{action}</button></div>
            </form>
        </Show>
        <Question open=asked title yes act=agree><p>{then}</p></Question>
        <AskLock first before/>
    }
}
