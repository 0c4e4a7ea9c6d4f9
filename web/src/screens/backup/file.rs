//! Backing up to a file: a passphrase, what goes in, how far it is, and the file.

use effigy_proto::backup::Counts;
use leptos::prelude::*;
use zeroize::Zeroizing;

use crate::app::start::backup::{Wanted, Written, write};
use crate::app::{BackupFault, Model, error, task};
use crate::browser::clock;
use crate::browser::object_url::ObjectUrl;
use crate::parts::{AskLock, LockFirst, NewPassphrase, Passphrase, bytes, called, held};

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Asked,
    /// So many bytes of so many have been read; none before the key is made.
    Writing(u64, u64),
    /// It is saved: what it holds, and how long it is.
    Done(Counts, u64),
    Failed(BackupFault),
}

/// You › Backup and recovery › Back up to a file.
#[component]
pub(super) fn ToFile() -> impl IntoView {
    let step = RwSignal::new(Step::Asked);
    let kind = Memo::new(move |_| std::mem::discriminant(&step.get()));
    view! {
        <section class="panel" aria-labelledby="file-title">
            <h2 id="file-title">"Back up to a file"</h2>
            {move || {
                kind.get();
                match step.get_untracked() {
                    Step::Asked | Step::Failed(_) => view! { <Ask step/> }.into_any(),
                    Step::Writing(..) => view! { <Writing step/> }.into_any(),
                    Step::Done(counts, size) => view! { <Done step counts size/> }.into_any(),
                }
            }}
        </section>
    }
}

/// What is to be in it, and its passphrase.
#[component]
fn Ask(step: RwSignal<Step>) -> impl IntoView {
    let model = expect_context::<Model>();
    let passphrase = Passphrase::new();
    let files = RwSignal::new(true);
    let trouble = RwSignal::new(match step.get_untracked() {
        Step::Failed(BackupFault::Cancelled) => None,
        Step::Failed(why) => Some(error::backup(why)),
        _ => None,
    });
    let first = LockFirst::then(Callback::new(move |()| {
        let wanted = Wanted {
            files: files.get_untracked(),
            name: model.with_view_once(|view| called(view, &view.me())).unwrap_or_default(),
            passphrase: Zeroizing::new(passphrase.text.get_untracked()),
        };
        passphrase.wipe();
        step.set(Step::Writing(0, 0));
        task::run(async move {
            // Cancelled, or the screen is gone.
            let goes_on = move || matches!(step.try_get_untracked(), Some(Step::Writing(..)));
            let tell =
                move |done, all| goes_on() && step.try_set(Step::Writing(done, all)).is_none();
            let written = write(wanted, tell).await;
            if goes_on() {
                step.try_set(match written.map(save) {
                    Ok(Some(done)) => done,
                    Ok(None) => Step::Failed(BackupFault::NoRoom),
                    Err(why) => Step::Failed(why),
                });
            }
        });
    }));
    let submit = passphrase.on_submit(trouble, first);
    let has_words = model.has_words();
    view! {
        <p>"One file with all that this device keeps: your posts, those of people you follow, pictures, drafts and settings, and the keys of your account. It is encrypted with a passphrase. Whoever has both has your account, so keep them apart."</p>
        <p class="hint">"Nobody can open it without the passphrase, and nobody can reset it. The file is as it is today: make a new one now and then. "{move || if has_words.get() { "Your recovery words are still on this device, so they are in the file as well: whoever opens it has the account for good, also after this device was removed. Better write the words down first." } else { "Removing this device under Linked devices makes those of its backups useless for getting in that were made since you wrote your words down." }}" Shares that you keep for friends are in it, too."</p>
        <form class="stack" autocomplete="off" on:submit=submit>
            <NewPassphrase passphrase/>
            <label class="check"><input type="checkbox" prop:checked=files on:change=move |event| files.set(event_target_checked(&event))/>" With videos, files and folders"</label>
            <p class="fault" role="alert">{trouble}</p>
            <div class="actions"><button class="button primary" type="submit">"Back up"</button></div>
        </form>
        <AskLock first before="your keys go into a file"/>
    }
}

/// Hands the file to the browser.
fn save(written: Written) -> Option<Step> {
    let Written { counts, file, size } = written;
    let day = clock::iso(clock::now());
    let day = day.get(..10).unwrap_or_default();
    let address: ObjectUrl = file.save(&format!("effigy-{day}.effigybackup"))?;
    set_timeout(move || drop(address), crate::parts::ADDRESS_LIVES);
    Some(Step::Done(counts, size))
}

#[component]
fn Writing(step: RwSignal<Step>) -> impl IntoView {
    let numbers = Memo::new(move |_| match step.get() {
        Step::Writing(done, all) if all > 0 => Some((done, all)),
        _ => None,
    });
    let words =
        move || numbers.get().map(|(done, all)| format!("{} of {}", bytes(done), bytes(all)));
    view! {
        <p role="status">"Writing the backup… Stay on this screen until it is done."</p>
        <progress
            max=move || numbers.get().map(|(_, all)| all.to_string())
            value=move || numbers.get().map(|(done, _)| done.to_string())
            aria-label="How much of the backup is written"
            data-keeps-open=""
        ></progress>
        <p class="hint" data-numbers="">{words}</p>
        <div class="actions"><button class="button" type="button" on:click=move |_| step.set(Step::Failed(BackupFault::Cancelled))>"Cancel"</button></div>
    }
}

#[component]
fn Done(step: RwSignal<Step>, counts: Counts, size: u64) -> impl IntoView {
    view! {
        <p role="status" data-backed-up="">{format!("The backup is written: {}. The file has {}.", held(&counts), bytes(size))}</p>
        <p class="hint">"Look whether your browser has saved it, and keep it on another device or disk. To try it, choose “I already have an account”, then Backup file, in another browser: nothing is changed before you say that it is you."</p>
        <div class="actions"><button class="button" type="button" on:click=move |_| step.set(Step::Asked)>"Make another one"</button></div>
    }
}
