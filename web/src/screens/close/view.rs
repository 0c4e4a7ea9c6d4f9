//! The view for closing the account.

use effigy_core::mnemonic::Words;
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, error, task};
use crate::parts::{ByRoot, LastQuestion, Screen, called, is_same_name};

const CLOSE: LastQuestion = LastQuestion {
    title: "Close your account for good?",
    yes: "Close for good",
    words: "There is no way back after this.",
};

/// Says what it means, asks for the name and for the words, asks once more, and closes the account.
#[component]
pub(crate) fn CloseAccount() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let name =
        Memo::new(move |_| model.with_view(|view| called(view, &view.me())).unwrap_or_default());
    let typed = RwSignal::new(String::new());
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let check = Callback::new(move |()| {
        trouble.set(None);
        if is_same_name(&typed.get_untracked(), &name.get_untracked()) {
            return Ok(());
        }
        Err("This is not your name. Nothing was changed; type it as it stands above.")
    });
    let act = Callback::new(move |words: Option<Words>| {
        busy.set(true);
        task::run(async move {
            let close = |ticket| Command::CloseAccount { ticket, words };
            if let Err(why) = handle.request(close).await {
                trouble.try_set(Some(error::not_done(why)));
            }
            busy.try_set(false);
        });
    });
    view! {
        <Screen title="Close the account" back="#/you">
            <p>"This ends your account for good, on all of your devices. Nobody can undo it, not even with the recovery words."</p>
            <ul class="effects">
                <li>"Friends and meeting points drop your posts, pictures and files as soon as they hear of it. Copies that somebody made elsewhere remain."</li>
                <li>"Instead of you, people see that this account was closed."</li>
                <li>"Each of your devices says so and is wiped after that."</li>
            </ul>
            <p class="hint">"Lost a device? "<a href="#/you/devices">"Remove it"</a>" instead, and keep your account."</p>
            <label>
                <span class="label">"To go on, type your name: "<bdi>{name}</bdi></span>
                <input type="text" maxlength="80" dir="auto" autocomplete="off" bind:value=typed/>
            </label>
            <ByRoot check act action="Close the account" back="#/you" why="Only they can close the account, so that nobody who finds a device of yours can." question=CLOSE before="the account is closed"/>
            <p class="fault" role="alert">{trouble}</p>
            <p role="status">{move || busy.get().then_some("Closing the account…")}</p>
        </Screen>
    }
}
