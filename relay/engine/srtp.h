/* SRTP by libsrtp's own functions, reached by pointer: no header and no link of ours to it. */
#ifndef RELAY_ENGINE_SRTP_H
#define RELAY_ENGINE_SRTP_H

#include <stdbool.h>
#include <stdint.h>

#define SRTP_TRAILER_BYTES 32 /* room behind a packet for its tag, and SRTCP's index */

typedef void *SrtpSession; /* srtp_t of libsrtp 2 */

/* srtp_err_status_t f(srtp_t, void *header, int *length), for all four. */
typedef int (*SrtpCall)(SrtpSession, void *, int *);

typedef struct SrtpCalls {
    SrtpCall protect, unprotect, protect_rtcp, unprotect_rtcp;
} SrtpCalls;

/* In place; the new length, or -1 when libsrtp refuses. */
static inline int srtp_apply(SrtpCall call, SrtpSession session, uint8_t *bytes, int length) {
    return session && call(session, bytes, &length) == 0 ? length : -1;
}

#endif
