//! Files named by their content, and scripts without what only readers need.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use sha2::{Digest, Sha384};

use super::DIGITS;
use crate::failure::{Failure, Outcome};
use crate::{fingerprint, workspace};

/// How the files begin and end that are named here, the rest being their hash.
const NAMED: [(&str, &str); 4] =
    [("boot", ".js"), ("effigy-web", ".js"), ("effigy-web", "_bg.wasm"), ("worker", ".js")];

/// Takes what only readers need out of the scripts, and gives them and the WebAssembly the names of what they are now.
pub(super) fn name_by_content(stage: &Path, mut html: String) -> Outcome<String> {
    for entry in fs::read_dir(stage).map_err(Failure::file(stage))? {
        let path = entry.map_err(Failure::file(stage))?.path();
        let Some(old) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some((start, ending)) =
            NAMED.into_iter().find(|(start, end)| old.starts_with(start) && old.ends_with(end))
        else {
            continue;
        };
        let before = fs::read(&path).map_err(Failure::file(&path))?;
        let after = if ending == ".js" { smaller(&before) } else { before.clone() };
        let digest = fingerprint::sha256(&after);
        let new = format!("{start}-{}{ending}", digest.get(..DIGITS).unwrap_or(&digest));
        if !html.contains(old) {
            return Err(Failure::unexpected("index.html", format!("does not mention {old}")));
        }
        html = html.replace(old, &new).replace(&integrity(&before), &integrity(&after));
        fs::remove_file(&path).map_err(Failure::file(&path))?;
        workspace::write(&stage.join(&new), &after)?;
    }
    Ok(html)
}

/// The digest of a file as a page states it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", BASE64.encode(&Sha384::digest(bytes)))
}

/// A script without comments that fill lines, and without indentation. One that is written in another way stays as it is.
pub(super) fn smaller(script: &[u8]) -> Vec<u8> {
    let small = std::str::from_utf8(script).ok().and_then(without_comments);
    small.map_or_else(|| script.to_vec(), String::into_bytes)
}

fn without_comments(script: &str) -> Option<String> {
    let mut result = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Text over several lines, or code beside a comment.
        if line.matches('`').count() % 2 == 1 || (in_comment && mixes(line)) {
            return None;
        }
        in_comment |= line.starts_with("/*") && !mixes(line);
        if !in_comment && !line.starts_with("//") {
            result.push_str(line);
            result.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    Some(result)
}

/// Whether something follows the end of a comment.
fn mixes(line: &str) -> bool {
    line.split_once("*/").is_some_and(|(_, rest)| !rest.is_empty())
}

/// Takes the digest of the WebAssembly from its preload, where browsers ignore it and say so, to where boot.js looks for it.
pub(super) fn move_integrity(html: &str) -> Outcome<String> {
    let moved = || {
        let at = html.find("as=fetch").or_else(|| html.find("as=\"fetch\""))?;
        let start = html.get(..at)?.rfind('<')?;
        let end = at + html.get(at..)?.find('>')?;
        let tag = html.get(start..end)?;
        let (before, after) = tag.split_once(" integrity=")?;
        let value = after.split(' ').next()?;
        let rest = after.get(value.len()..)?;
        let digest = value.trim_matches('"');
        let html = format!("{}{before}{rest}{}", html.get(..start)?, html.get(end..)?);
        Some(html.replacen(
            " data-worker=",
            &format!(" data-integrity=\"{digest}\" data-worker="),
            1,
        ))
    };
    moved().ok_or_else(|| {
        Failure::unexpected("index.html", "has no preload of the WebAssembly with a digest")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post_build::list::{Listed, list};

    #[test]
    fn files_are_named_by_content_and_listed() {
        let stage = std::env::temp_dir().join(format!("xtask-stage-{}", std::process::id()));
        workspace::write(&stage.join("effigy-web-00aa00aa00aa00aa.js"), b"// why\nimport").unwrap();
        workspace::write(&stage.join("effigy-web-00aa00aa00aa00aa_bg.wasm"), b"\0asm").unwrap();
        workspace::write(&stage.join("icons/maskable-512.png"), b"png").unwrap();
        let html = format!(
            "<meta data-js=/effigy-web-00aa00aa00aa00aa.js data-wasm=/effigy-web-00aa00aa00aa00aa_bg.wasm integrity={}>",
            integrity(b"// why\nimport")
        );
        let html = name_by_content(&stage, html).unwrap();
        assert!(html.contains(&integrity(b"import\n")), "{html}");
        workspace::write(&stage.join("index.html"), html.as_bytes()).unwrap();
        let files = list(&stage).unwrap();
        assert_eq!(files.len(), 3, "{files:?}");
        for file in &files {
            assert_eq!(file.hashed, file.path != "/");
            assert!(file.path == "/" || html.contains(&file.path), "{html} has {}", file.path);
            assert_eq!(Listed::from_json(&file.to_json()).as_ref(), Some(file));
        }
        fs::remove_dir_all(stage).unwrap();
    }

    #[test]
    fn scripts_lose_comments_and_indentation_only() {
        let script = b"// Why.\n/** @returns {number}\n * more */\nfn(\"// x\") {\n    a /* b */ + 1; // c\n\n}\n/* one */\nd\n";
        assert_eq!(smaller(script), b"fn(\"// x\") {\na /* b */ + 1; // c\n}\nd\n");
        assert_eq!(smaller(b"/* pure */ a();\n  b();\n"), b"/* pure */ a();\nb();\n");
        for other in ["a = `one\n  // two`;\n", "/* one\n two */ a();\n"] {
            assert_eq!(smaller(other.as_bytes()), other.as_bytes());
        }
    }

    #[test]
    fn the_digest_moves_to_the_script_in_both_spellings() {
        let minified = "<meta data-js=/a.js data-worker=on name=effigy-app><link as=fetch href=/a.wasm integrity=sha384-a/b+c= rel=preload>";
        let plain = "<meta data-js=\"/a.js\" data-worker=\"on\"><link rel=\"preload\" href=\"/a.wasm\" integrity=\"sha384-a/b+c=\" as=\"fetch\" type=\"x\">";
        for html in [minified, plain] {
            let html = move_integrity(html).unwrap();
            assert!(html.contains(" data-integrity=\"sha384-a/b+c=\" data-worker="), "{html}");
            assert_eq!(html.matches("integrity").count(), 1, "{html}");
        }
        assert!(move_integrity("<link rel=preload as=fetch>").is_err());
    }
}
