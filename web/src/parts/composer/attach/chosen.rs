//! What is attached, as a draft keeps it.

use effigy_core::text::{clean_file_name, is_path};
use effigy_core::video::VideoType;
use effigy_proto::{Attaching, ContentKind, Picture};
use serde::{Deserialize, Serialize};
use web_sys::File;

use crate::browser::slices;

/// What several files are called that are in no folder.
const FILES: &str = "Files";

/// What is attached.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(in crate::parts::composer) struct Chosen {
    /// What somebody who cannot see a video is told.
    #[serde(default)]
    pub(super) alt: String,
    pub(super) form: Form,
    /// Whether all of it came, and is kept.
    pub(super) is_ready: bool,
    pub(super) items: Vec<Item>,
    /// How many files were left out.
    #[serde(default)]
    pub(super) left_out: usize,
    /// The media type of a file.
    #[serde(default)]
    pub(super) mime: String,
    /// What the file, or the folder, is called.
    pub(super) name: String,
}

/// As what it is posted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Form {
    #[default]
    File,
    Folder,
    Video {
        /// In milliseconds.
        duration: u64,
        has_poster: bool,
        height: u32,
        kind: VideoType,
        width: u32,
    },
}

/// A file of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Item {
    /// Which of the files that were chosen.
    pub(super) file: usize,
    /// What it is called, or where in the folder it is.
    path: String,
    pub(super) size: u64,
    /// Its number at the node.
    pub(super) upload: u64,
}

impl Chosen {
    /// Of files that were chosen together. What is empty is left out, and in a folder what is hidden.
    pub(super) fn of(files: &[File], form: Form) -> Self {
        let is_folder = form == Form::Folder;
        let mut chosen = Self { form, ..Self::default() };
        for (file, found) in files.iter().enumerate() {
            let path = slices::path(found);
            let within = path.split_once('/').filter(|_| is_folder);
            let (folder, path) = within.unwrap_or((FILES, &path));
            let is_hidden = is_folder && path.split('/').any(|step| step.starts_with('.'));
            let size = slices::size(found);
            if size == 0 || is_hidden {
                chosen.left_out = chosen.left_out.saturating_add(1);
                continue;
            }
            let steps: Vec<String> = path.split('/').map(clean_file_name).collect();
            let path = steps.join("/");
            chosen.name = clean_file_name(if is_folder { folder } else { &path });
            chosen.mime = media_type(&found.type_());
            // Draws are as good as never the same.
            let upload = js_sys::Math::random().to_bits();
            chosen.items.push(Item { file, path, size, upload });
        }
        chosen
    }

    /// Tells it from what was attached before.
    pub(super) fn first(&self) -> Option<u64> {
        self.items.first().map(|item| item.upload)
    }

    /// How many bytes all of it has.
    pub(super) fn size(&self) -> u64 {
        self.items.iter().fold(0, |size, item| size.saturating_add(item.size))
    }

    pub(super) const fn kind(&self) -> ContentKind {
        match self.form {
            Form::Video { kind, .. } => ContentKind::Video(kind),
            Form::File | Form::Folder => ContentKind::File,
        }
    }

    pub(super) const fn has_poster(&self) -> bool {
        matches!(self.form, Form::Video { has_poster: true, .. })
    }

    /// Whether every file can be called what it is called, and no two the same.
    pub(super) fn has_fit_names(&self) -> bool {
        let mut paths: Vec<&str> = self.items.iter().map(|item| item.path.as_str()).collect();
        paths.sort_unstable();
        paths.iter().all(|path| is_path(path)) && paths.is_sorted_by(|one, other| one < other)
    }

    /// As what it is posted; `None` when there is nothing.
    pub(super) fn what(self, alt: String, poster: Option<Picture>) -> Option<Attaching> {
        let upload = self.first()?;
        let Self { form, items, mime, name, .. } = self;
        Some(match form {
            Form::File => Attaching::File { mime, name, upload },
            Form::Folder => {
                let items = items.into_iter().map(|item| (item.upload, item.path)).collect();
                Attaching::Collection { items, name }
            }
            Form::Video { duration, height, width, .. } => {
                Attaching::Video { alt, duration, height, poster, upload, width }
            }
        })
    }
}

/// What kind of file it is, where that can be said in a post.
fn media_type(told: &str) -> String {
    let kind = told.split(';').next().unwrap_or_default().trim();
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/+-._".contains(&byte);
    let is_kind = kind.len() <= effigy_core::limits::MIME_BYTES
        && kind.split('/').count() == 2
        && kind.split('/').all(|part| !part.is_empty())
        && kind.bytes().all(is_plain);
    if is_kind { kind.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_kind_of_file_is_told_where_it_can_be() {
        assert_eq!(media_type("text/plain;charset=utf-8"), "text/plain");
        assert_eq!(media_type("application/vnd.ms-excel"), "application/vnd.ms-excel");
        for odd in ["", "text", "text/", "a/b/c", "Text/Plain", "text/é"] {
            assert_eq!(media_type(odd), "");
        }
    }

    #[test]
    fn a_draft_keeps_what_is_attached() {
        let form = Form::Video {
            duration: 9,
            has_poster: true,
            height: 3,
            kind: VideoType::Webm,
            width: 4,
        };
        let item = Item { file: 0, path: "a.webm".to_owned(), size: 5, upload: u64::MAX };
        let (items, name) = (vec![item], "a.webm".to_owned());
        let chosen = Chosen { form, is_ready: true, items, name, ..Chosen::default() };
        let text = serde_json::to_string(&chosen).unwrap();
        assert_eq!(serde_json::from_str::<Chosen>(&text).unwrap(), chosen);
    }
}
