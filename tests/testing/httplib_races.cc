// Debian's cpp-httplib is a shared library that ThreadSanitizer has not instrumented: it does not see the locks inside
// and reports races between the server's own threads. Link this into tests that use that server.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n";
}
#endif
