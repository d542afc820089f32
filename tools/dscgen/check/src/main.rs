//! Opens a generated cache with the `object` crate and prints a line an image: path, nlist entries, sections,
//! defined exports. The crate shares nothing with the generator.

use object::read::macho::DyldCache;
use object::{Endianness, Object, ObjectSection, ObjectSymbol};
use std::{env, fs, process};

fn fail(message: String) -> ! {
    eprintln!("dscgen-check: {}", message);
    process::exit(1);
}

fn main() {
    let main_path = env::args().nth(1).unwrap_or_else(|| fail("usage: dscgen-check MAIN_CACHE_FILE".into()));
    let main_data = fs::read(&main_path).unwrap_or_else(|e| fail(e.to_string()));
    // Sub-caches as iOS 15 names them, then .symbols, as the crate wants them.
    let mut others = Vec::new();
    let mut index = 1;
    while let Ok(data) = fs::read(format!("{}.{}", main_path, index)) {
        others.push(data);
        index += 1;
    }
    if let Ok(data) = fs::read(format!("{}.symbols", main_path)) {
        others.push(data);
    }
    let slices: Vec<&[u8]> = others.iter().map(|d| d.as_slice()).collect();
    let cache = DyldCache::<Endianness>::parse(main_data.as_slice(), &slices).unwrap_or_else(|e| fail(e.to_string()));
    for image in cache.images() {
        let path = image.path().unwrap_or_else(|e| fail(e.to_string())).to_string();
        let file = image.parse_object().unwrap_or_else(|e| fail(format!("{}: {}", path, e)));
        let mut named = 0;
        for symbol in file.symbols() {
            if symbol.name().is_ok() {
                named += 1;
            }
        }
        let mut sections = 0;
        for section in file.sections() {
            if section.name().is_ok() {
                sections += 1;
            }
        }
        let uuid: String = match file.mach_uuid() {
            Ok(Some(u)) => u.iter().map(|b| format!("{:02X}", b)).collect(),
            _ => String::new(),
        };
        println!("{}\t{}\t{}\t{}", path, named, sections, uuid);
    }
}
