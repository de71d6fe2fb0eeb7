#![no_main]

use libfuzzer_sys::fuzz_target;
use odata::negotiate::{continue_on_error, max_page_size};
use odata::{Format, Offer, Version};

fuzz_target!(|header: &str| {
    for offer in [Offer::Json, Offer::Metadata] {
        if let Ok(format) = Format::negotiate(offer, None, Some(header)) {
            assert!(!format.content_type().is_empty());
        }
        let _ = Format::negotiate(offer, Some(header), None);
    }
    let _ = Version::negotiate(Some(header), None);
    let _ = Version::negotiate(None, Some(header));
    let _ = (continue_on_error(header), max_page_size(header));
});
