//! The file to import: its hash, its encoding, and its text in blocks that end where a record ends.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use encoding_rs::{Decoder, DecoderResult, GB18030};
use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::manifest::hex;
use crate::mapping::Encoding;

/// Bytes read at a time.
const READ_BYTES: usize = 1 << 18;
/// Bytes of text in one block, about.
const BLOCK_BYTES: usize = 1 << 20;
/// The longest record; a longer one is a quote without its partner.
const RECORD_BYTES: usize = 16 << 20;

/// What a first reading of the file tells.
pub(crate) struct Surveyed {
    pub sha256: String,
    pub bytes: u64,
    /// Never [`Encoding::Auto`].
    pub encoding: Encoding,
}

/// Reads the file once: its hash, and which encoding its text has.
///
/// Errors: an unreadable or empty file; text that is not in the declared encoding, or in neither known one, with the line.
pub(crate) fn survey(file: &Path, declared: Encoding) -> Result<Surveyed, DataError> {
    let mut input = File::open(file).map_err(DataError::read(file))?;
    let mut hash = Sha256::new();
    let mut utf8 = Utf8Lines::default();
    let mut buffer = vec![0; READ_BYTES];
    let mut bytes = 0;
    loop {
        let length = input.read(&mut buffer).map_err(DataError::read(file))?;
        let part = &buffer[..length];
        bytes += length as u64;
        if length == 0 {
            break;
        }
        rayon::join(|| hash.update(part), || utf8.take(part));
    }
    if bytes == 0 {
        return Err(DataError::EmptyFile { file: file.to_owned() });
    }
    let broken = |line: u64, encoding: &str| {
        Err(DataError::BrokenText { file: file.to_owned(), line, encoding: encoding.to_owned() })
    };
    let encoding = match (declared, utf8.broken()) {
        (Encoding::Utf8, Some(line)) => return broken(line, "UTF-8"),
        (Encoding::Utf8 | Encoding::Auto, None) => Encoding::Utf8,
        (Encoding::Gb18030 | Encoding::Auto, utf8_line) => match broken_gb18030(file)? {
            None => Encoding::Gb18030,
            Some(line) if declared == Encoding::Gb18030 => return broken(line, "GB18030"),
            // The encoding that reads further is most likely the one that was meant.
            Some(line) => return broken(utf8_line.unwrap_or(line).max(line), "UTF-8, GB18030"),
        },
    };
    Ok(Surveyed { sha256: hex(&hash.finalize()), bytes, encoding })
}

/// SHA-256 and length of a file that is not text.
pub(crate) fn hash(file: &Path) -> Result<(String, u64), DataError> {
    let mut input = File::open(file).map_err(DataError::read(file))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut bytes = 0;
    loop {
        let length = input.read(&mut buffer).map_err(DataError::read(file))?;
        if length == 0 {
            break;
        }
        bytes += length as u64;
        hash.update(&buffer[..length]);
    }
    if bytes == 0 {
        return Err(DataError::EmptyFile { file: file.to_owned() });
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Finds the first line that is not UTF-8 in text that comes in parts.
#[derive(Default)]
struct Utf8Lines {
    lines: u64,
    /// The beginning of a character that the next part completes.
    rest: Vec<u8>,
    broken: bool,
}

impl Utf8Lines {
    fn take(&mut self, part: &[u8]) {
        if self.broken {
            return;
        }
        let mut part = part;
        while !self.rest.is_empty()
            && let Some((first, others)) = part.split_first()
        {
            self.rest.push(*first);
            part = others;
            match std::str::from_utf8(&self.rest) {
                Ok(_) => self.rest.clear(),
                Err(error) if error.error_len().is_some() => {
                    self.broken = true;
                    return;
                }
                Err(_) => {}
            }
        }
        let valid = match std::str::from_utf8(part) {
            Ok(_) => part.len(),
            Err(error) => {
                self.broken = error.error_len().is_some();
                self.rest = part[error.valid_up_to()..].to_vec();
                error.valid_up_to()
            }
        };
        self.lines += line_breaks(&part[..valid]);
    }

    /// The line, counted from 1; `None` where all is UTF-8.
    fn broken(&self) -> Option<u64> {
        (self.broken || !self.rest.is_empty()).then_some(self.lines + 1)
    }
}

/// The first line that is not GB18030, counted from 1.
fn broken_gb18030(file: &Path) -> Result<Option<u64>, DataError> {
    let mut text = Text::open(file, Encoding::Gb18030)?;
    let mut lines = 0;
    let mut decoded = Vec::new();
    loop {
        decoded.clear();
        match text.read(&mut decoded) {
            Ok(0) => return Ok(None),
            Ok(_) => lines += line_breaks(&decoded),
            Err(TextFault::Broken) => return Ok(Some(lines + line_breaks(&decoded) + 1)),
            Err(TextFault::Io(source)) => return Err(DataError::Unreadable { file: file.to_owned(), source }),
        }
    }
}

pub(crate) fn line_breaks(text: &[u8]) -> u64 {
    text.iter().map(|byte| (*byte == b'\n') as u64).sum()
}

enum TextFault {
    Broken,
    Io(std::io::Error),
}

/// The bytes of a text file as UTF-8.
struct Text {
    input: File,
    decoder: Option<Decoder>,
    buffer: Vec<u8>,
    ended: bool,
}

impl Text {
    fn open(file: &Path, encoding: Encoding) -> Result<Text, DataError> {
        let input = File::open(file).map_err(DataError::read(file))?;
        let decoder = (encoding == Encoding::Gb18030).then(|| GB18030.new_decoder());
        Ok(Text { input, decoder, buffer: vec![0; READ_BYTES], ended: false })
    }

    /// Adds the next part of the text to `out`; 0 at the end.
    fn read(&mut self, out: &mut Vec<u8>) -> Result<usize, TextFault> {
        let before = out.len();
        let Some(decoder) = &mut self.decoder else {
            out.resize(before + READ_BYTES, 0);
            let length = self.input.read(&mut out[before..]).map_err(TextFault::Io)?;
            out.truncate(before + length);
            return Ok(length);
        };
        while out.len() == before && !self.ended {
            let length = self.input.read(&mut self.buffer).map_err(TextFault::Io)?;
            self.ended = length == 0;
            let room = decoder.max_utf8_buffer_length_without_replacement(length).unwrap_or(4 * length + 16);
            out.resize(before + room, 0);
            let (result, _, written) =
                decoder.decode_to_utf8_without_replacement(&self.buffer[..length], &mut out[before..], self.ended);
            out.truncate(before + written);
            if let DecoderResult::Malformed(..) = result {
                return Err(TextFault::Broken);
            }
        }
        Ok(out.len() - before)
    }
}

/// A piece of the text that begins and ends with a record.
pub(crate) struct Block {
    pub text: Vec<u8>,
    /// The line of its first byte, counted from 1.
    pub line: u64,
    /// The last record ends within quotes: the file ended before the quote did.
    pub unclosed: bool,
}

/// Cuts the text of a file into blocks.
pub(crate) struct Blocks {
    file: PathBuf,
    text: Text,
    delimiter: u8,
    /// What was read beyond the last cut.
    rest: Vec<u8>,
    line: u64,
    ended: bool,
    started: bool,
}

/// Where the reader of records stands, as `csv-core` does: a quote begins a quoted field only at its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Field,
    Quoted,
    QuoteInQuoted,
}

impl Blocks {
    pub fn open(file: &Path, encoding: Encoding, delimiter: u8) -> Result<Blocks, DataError> {
        let text = Text::open(file, encoding)?;
        let file = file.to_owned();
        Ok(Blocks { file, text, delimiter, rest: Vec::new(), line: 1, ended: false, started: false })
    }

    /// The next block; `None` at the end.
    ///
    /// Errors: where the file can no longer be read, or a record is too long.
    pub fn next(&mut self) -> Result<Option<Block>, DataError> {
        let mut text = Vec::with_capacity(BLOCK_BYTES + READ_BYTES);
        text.append(&mut self.rest);
        let (mut at, mut scanned, mut cut) = (At::FieldStart, 0, 0);
        while !self.ended && (text.len() < BLOCK_BYTES || cut == 0) {
            if text.len() > RECORD_BYTES + READ_BYTES {
                let file = self.file.clone();
                return Err(DataError::RecordTooLong { file, line: self.line, limit: RECORD_BYTES });
            }
            match self.text.read(&mut text) {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(TextFault::Io(source)) => return Err(DataError::Unreadable { file: self.file.clone(), source }),
                Err(TextFault::Broken) => {
                    let (file, line) = (self.file.clone(), self.line + line_breaks(&text));
                    return Err(DataError::BrokenText { file, line, encoding: "GB18030".to_owned() });
                }
            }
            if !self.started {
                self.started = true;
                if text.starts_with(b"\xef\xbb\xbf") {
                    text.drain(..3);
                }
            }
            let (state, last) = last_record_end(&text[scanned..], at, self.delimiter);
            cut = last.map_or(cut, |last| scanned + last);
            (at, scanned) = (state, text.len());
        }
        if self.ended {
            cut = text.len();
        }
        self.rest = text.split_off(cut);
        let line = self.line;
        self.line += line_breaks(&text);
        let unclosed = self.ended && at == At::Quoted;
        Ok((!text.is_empty()).then_some(Block { text, line, unclosed }))
    }
}

/// The state after `text`, and the position after its last line break outside quotes.
fn last_record_end(text: &[u8], mut at: At, delimiter: u8) -> (At, Option<usize>) {
    if at != At::Quoted && at != At::QuoteInQuoted && !text.contains(&b'"') {
        let last = text.iter().rposition(|byte| *byte == b'\n').map(|last| last + 1);
        let ended = text.last().is_none_or(|byte| *byte == b'\n' || *byte == delimiter);
        let at = if text.is_empty() {
            at
        } else if ended {
            At::FieldStart
        } else {
            At::Field
        };
        return (at, last);
    }
    let mut last = None;
    for (index, byte) in text.iter().enumerate() {
        at = match (at, *byte) {
            (At::Quoted, b'"') => At::QuoteInQuoted,
            (At::Quoted, _) | (At::QuoteInQuoted, b'"') => At::Quoted,
            (At::FieldStart, b'"') => At::Quoted,
            (_, b'\n') => {
                last = Some(index + 1);
                At::FieldStart
            }
            (_, b'\r') => At::FieldStart,
            (_, byte) if byte == delimiter => At::FieldStart,
            (At::QuoteInQuoted | At::Field | At::FieldStart, _) => At::Field,
        };
    }
    (at, last)
}
