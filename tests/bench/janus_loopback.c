/* Preloaded into a server that leaves loopback interfaces out: getifaddrs() shows `lo` as an ordinary
 * interface and all others as down, so that a benchmark's media stays on this machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

int getifaddrs(struct ifaddrs **found) {
	static int (*real)(struct ifaddrs **);
	if (!real) real = (int (*)(struct ifaddrs **))dlsym(RTLD_NEXT, "getifaddrs");
	int result = real(found);
	if (result != 0) return result;
	for (struct ifaddrs *one = *found; one; one = one->ifa_next) {
		if (strcmp(one->ifa_name, "lo") == 0)
			one->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
		else
			one->ifa_flags &= ~(unsigned)(IFF_UP | IFF_RUNNING);
	}
	return 0;
}
