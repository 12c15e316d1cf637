//! Compressing every file once, here, instead of at each request.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Kind;

/// Writes `content` as `path.br` and `path.gz` where both are smaller, otherwise as it is to
/// `path`: a release would carry the plain form for the few who take neither. Files that have the
/// right content already are left alone, so that their time stays. Returns what was written.
///
/// # Errors
/// When a file cannot be written.
pub fn write(path: &Path, content: &[u8], kind: Kind) -> Result<Vec<PathBuf>> {
    let forms = [("br", brotli(content, kind)?), ("gz", gzip(content, kind)?)];
    if forms.iter().any(|(_, form)| form.len() >= content.len()) {
        put(path, content)?;
        return Ok(vec![path.to_path_buf()]);
    }
    let mut written = Vec::new();
    for (ending, form) in forms {
        let file = with_ending(path, ending);
        put(&file, &form)?;
        written.push(file);
    }
    Ok(written)
}

/// How many bytes a file has, unpacked and on the wire, given its path without `.br`.
///
/// # Errors
/// When it is there in neither form.
pub fn sizes(path: &Path) -> Result<(u64, u64)> {
    let Ok(small) = fs::metadata(with_ending(path, "br")) else {
        let plain = fs::metadata(path)?.len();
        return Ok((plain, plain));
    };
    // The last four bytes of gzip are the length of what is in it.
    let packed = fs::read(with_ending(path, "gz"))?;
    let plain = packed
        .last_chunk()
        .map_or(0, |end| u32::from_le_bytes(*end));
    Ok((plain.into(), small.len()))
}

/// Writes through a second file and a rename: the server never reads half of it.
pub fn put(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let failed = || format!("{} could not be written", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    let new = with_ending(path, "new");
    fs::write(&new, content)
        .and_then(|()| fs::rename(&new, path))
        .with_context(failed)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn brotli(content: &[u8], kind: Kind) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: if kind == Kind::Release { 11 } else { 4 },
        lgwin: 22,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut packed, &parameters)
        .context("brotli could not compress a file")?;
    Ok(packed)
}

fn gzip(content: &[u8], kind: Kind) -> Result<Vec<u8>> {
    let level = if kind == Kind::Release {
        Compression::best()
    } else {
        Compression::fast()
    };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder
        .write_all(content)
        .context("gzip could not compress a file")?;
    encoder.finish().context("gzip could not compress a file")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_compressed_comes_out_again_as_it_was() {
        let content = b"body { color: canvastext } ".repeat(200);
        for kind in [Kind::Dev, Kind::Release] {
            let mut plain = Vec::new();
            brotli::BrotliDecompress(&mut &brotli(&content, kind).unwrap()[..], &mut plain)
                .unwrap();
            assert_eq!(plain, content);
            let packed = gzip(&content, kind).unwrap();
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&packed[..])
                .read_to_end(&mut plain)
                .unwrap();
            assert_eq!(plain, content);
        }
    }

    #[test]
    fn a_file_that_shrinks_is_written_compressed_only() {
        let folder = std::env::temp_dir().join(format!("compressed-{}", std::process::id()));
        let path = folder.join("style.css");
        let content = b"body { color: canvastext } ".repeat(200);
        let written = write(&path, &content, Kind::Dev).unwrap();
        assert_eq!(
            written,
            ["br", "gz"].map(|ending| with_ending(&path, ending))
        );
        let small = fs::metadata(&written[0]).unwrap().len();
        assert_eq!(sizes(&path).unwrap(), (content.len() as u64, small));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_does_not_shrink_gets_no_second_form() {
        let folder = std::env::temp_dir().join(format!("compress-{}", std::process::id()));
        let written = write(&folder.join("tiny.txt"), b"x", Kind::Dev).unwrap();
        assert_eq!(written, [folder.join("tiny.txt")]);
        assert_eq!(sizes(&folder.join("tiny.txt")).unwrap(), (1, 1));
        fs::remove_dir_all(folder).unwrap();
    }
}
