//! Where a person types their recovery words: one field a word, completed from the list, each mistake
//! named as it is made.

mod typed;

use effigy_core::mnemonic::{MOST_WORDS, Words, WordsError};
use leptos::prelude::*;
use web_sys::{ClipboardEvent, HtmlInputElement, KeyboardEvent};

use crate::app::error;
use crate::browser::page;
use typed::{Judged, Typed, judge, suggestions};

/// How many words a phrase has that this app made.
const FEW_WORDS: usize = 12;

/// The fields, and a button that hands the words over.
#[component]
pub(crate) fn WordsEntry(
    /// Takes words that belong together, or says why not.
    #[prop(into)]
    take: Callback<Words, Result<(), &'static str>>,
    /// What the button says.
    action: &'static str,
) -> impl IntoView {
    let typed = Typed::new();
    let is_long = RwSignal::new(false);
    let count = Signal::derive(move || if is_long.get() { MOST_WORDS } else { FEW_WORDS });
    let trouble = RwSignal::new(None::<String>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let said = match read(typed, count.get_untracked()) {
            Ok(words) => take.run(words).err().map(str::to_owned),
            Err(amiss) => Some(amiss.words()),
        };
        trouble.set(said);
    };
    let enter = Callback::new(move |(at, text): (usize, String)| {
        trouble.set(None);
        let end = typed.enter(at, &text, MOST_WORDS);
        if end.unwrap_or(0) > FEW_WORDS {
            is_long.set(true);
        }
        if let Some(end) = end {
            focus(end.min(count.get_untracked().saturating_sub(1)));
        }
    });
    view! {
        <form class="words-entry" autocomplete="off" on:submit=submit>
            <p class="hint" id="words-how">"Type or paste them in their order. Capitals and spaces do not matter, and the first letters of a word are enough."</p>
            <ol class="words-fields">
                <For each=move || 0..count.get() key=|at| *at children=move |at| view! { <Field at typed enter/> }/>
            </ol>
            <Suggested count typed enter/>
            <p class="fault" role="alert">{trouble}</p>
            <div class="actions">
                <button class="button primary" type="submit">{action}</button>
                <button class="quiet" type="button" on:click=move |_| is_long.update(|long| *long = !*long)>
                    {move || if is_long.get() { "My phrase has 12 words" } else { "My phrase has 24 words" }}
                </button>
            </div>
        </form>
    }
}

/// What is amiss with what was typed.
enum Amiss {
    /// A word that is not in the list is marked already.
    Marked,
    /// Nothing stands at this place.
    Missing(usize),
    /// They are not recovery words.
    Wrong(WordsError),
}

impl Amiss {
    fn words(self) -> String {
        match self {
            Self::Marked => "Look at how the marked word is spelled.".to_owned(),
            Self::Missing(at) => format!("Word {} is missing.", at.saturating_add(1)),
            Self::Wrong(why) => error::words(why),
        }
    }
}

/// Reads what was typed.
fn read(typed: Typed, count: usize) -> Result<Words, Amiss> {
    Words::parse(&typed.text(count)).map_err(|why| match (typed.first_empty(count), why) {
        (Some(at), _) => Amiss::Missing(at),
        (None, WordsError::Unknown { .. }) if typed.first_unknown(count).is_some() => Amiss::Marked,
        (None, why) => Amiss::Wrong(why),
    })
}

fn focus(at: usize) {
    page::focus(&format!("#word-{at}"));
}

/// One word.
#[component]
fn Field(at: usize, typed: Typed, enter: Callback<(usize, String)>) -> impl IntoView {
    let number = at.saturating_add(1);
    let text = typed.word(at);
    let is_wrong = Memo::new(move |_| text.with(|text| judge(text) == Judged::Unknown));
    let input = move |event: web_sys::Event| {
        let field = event_target::<HtmlInputElement>(&event);
        enter.run((at, field.value()));
        // Where one word became several, the field keeps its own.
        text.with_untracked(|text| field.set_value(text));
    };
    let paste = move |event: ClipboardEvent| {
        // The browser would join what stands on several lines.
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok());
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            event.prevent_default();
            enter.run((at, text));
        }
    };
    let key = move |event: KeyboardEvent| {
        let is_empty = text.with_untracked(String::is_empty);
        if event.key() == "Backspace" && is_empty && at > 0 {
            event.prevent_default();
            focus(at.saturating_sub(1));
        }
    };
    view! {
        <li class="words-field">
            <label>
                <span class="sr-only">{format!("Word {number}")}</span>
                <input id=format!("word-{at}") type="text" autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-describedby="words-how words-wrong" aria-invalid=move || is_wrong.get().then_some("true")
                    prop:value=text on:input=input on:paste=paste on:keydown=key on:focus=move |_| typed.attend(at) on:blur=move |_| typed.complete(at)/>
            </label>
        </li>
    }
}

/// What the word may be that is being typed, and which of all words cannot be right.
#[component]
fn Suggested(
    /// How many fields there are: what stands behind them counts for nothing.
    count: Signal<usize>,
    typed: Typed,
    enter: Callback<(usize, String)>,
) -> impl IntoView {
    let words = Memo::new(move |_| typed.attended().with(|text| suggestions(text)));
    let wrong = move || {
        typed.first_unknown(count.get()).map(|(at, text)| {
            format!("Word {}, “{text}”, is not in the list.", at.saturating_add(1))
        })
    };
    view! {
        <p class="fault" id="words-wrong" role="status">{wrong}</p>
        <div class="words-suggested" role="group" aria-label="Words that begin so">
            <For each=move || words.get() key=|word| *word children=move |word| view! {
                // The field must not lose the focus before the word is in it.
                <button class="button" type="button" on:mousedown=|event| event.prevent_default()
                    on:click=move |_| enter.run((typed.attended_at(), format!("{word} ")))>{word}</button>
            }/>
        </div>
    }
}
